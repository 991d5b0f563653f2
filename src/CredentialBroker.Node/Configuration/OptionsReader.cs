using Microsoft.Extensions.Configuration;

namespace CredentialBroker.Node.Configuration;

/// <summary>Reads the configuration file and the environment; what is not known is a mistake.</summary>
internal static class OptionsReader
{
    /// <summary>Prefix of environment variables, such as <c>CREDBROKER_NODE_Broker__Address</c>.</summary>
    public const string Prefix = "CREDBROKER_NODE_";

    public static (NodeOptions Options, IReadOnlyList<string> Mistakes) Read(string file, TimeProvider clock)
    {
        if (!File.Exists(file)) return (new NodeOptions(), [$"no configuration at '{file}'"]);
        try
        {
            var sources = new ConfigurationBuilder().AddJsonFile(Path.GetFullPath(file), optional: false).AddEnvironmentVariables(Prefix).Build();
            var unknown = UnknownKeys.In(sources, typeof(NodeOptions), "").ToList();
            var options = sources.Get<NodeOptions>() ?? new NodeOptions();
            return (options, [.. unknown, .. options.Validate(clock)]);
        }
        catch (InvalidDataException fault)
        {
            return (new NodeOptions(), [$"{file}: {fault.InnerException?.Message ?? fault.Message}"]);
        }
        catch (InvalidOperationException fault)
        {
            return (new NodeOptions(), [$"{fault.Message} {fault.InnerException?.Message}".Trim()]);
        }
    }
}
