using CredentialBroker.Node.Reading;

namespace CredentialBroker.Node.Gate;

/// <summary>What a request to create a container asks for.</summary>
/// <param name="Image">The image as it is named there.</param>
/// <param name="Resources">Every resource of the host that it would have, each in one exact line.</param>
/// <param name="Paths">Those of them that are paths of the host.</param>
/// <param name="Ticket">The need, as the caller states it in a label.</param>
internal sealed record Creation(string Image, IReadOnlyList<string> Resources, IReadOnlyList<string> Paths, string? Ticket)
{
    public const string TicketLabel = "dev.credbroker.ticket";

    public const string HarmlessMembers =
        "Hostname Domainname User AttachStdin AttachStdout AttachStderr ExposedPorts Tty OpenStdin StdinOnce Env Cmd Healthcheck ArgsEscaped Volumes WorkingDir Entrypoint NetworkDisabled MacAddress OnBuild StopSignal StopTimeout Shell";

    /// <exception cref="UnreadableException">It has a member that the gate does not know.</exception>
    public static Creation Of(Value.Members body)
    {
        var config = new Struct(body, "body").Skip(HarmlessMembers);
        var image = config.Text("Image");
        var ticket = config.Pairs("Labels").FirstOrDefault(one => one.Key == TicketLabel).Value;
        var asked = new Asked();
        if (config.Inner("HostConfig") is { } host) HostConfig.Read(host, asked);
        if (config.Inner("NetworkingConfig") is { } network) Networks.Read(network);
        config.NoOthers();
        return new Creation(image, asked.Resources, asked.Paths, ticket is { Length: > 0 and <= 128 } && !ticket.Any(char.IsControl) ? ticket : null);
    }
}

/// <summary>Host resources as they are found, each once.</summary>
internal sealed class Asked
{
    private const int LongestLine = 256;
    private readonly List<string> _resources = [];
    private readonly List<string> _paths = [];

    public IReadOnlyList<string> Resources => _resources;

    public IReadOnlyList<string> Paths => _paths;

    public void Add(string resource)
    {
        // What is longer, such as a whole seccomp profile, is told by its hash.
        if (resource.Length > LongestLine) resource = $"{resource[..64]}…sha256:{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(resource)))}";
        resource = string.Concat(resource.Select(c => char.IsControl(c) ? '?' : c));
        if (!_resources.Contains(resource, StringComparer.Ordinal)) _resources.Add(resource);
    }

    public void AddPath(string path, string resource)
    {
        _paths.Add(path);
        Add(resource);
    }
}
