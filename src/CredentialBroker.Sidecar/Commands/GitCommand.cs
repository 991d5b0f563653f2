using System.CommandLine;
using System.Globalization;

namespace CredentialBroker.Sidecar.Commands;

/// <summary>A git credential helper for one host.</summary>
internal sealed class GitCommand : HelperCommand
{
    private const int MostLines = 100;
    private readonly Option<string?> _host = new("--host") { HelpName = "HOST", Description = "The one host that the credential is for; without it, the one whose API the credential names." };
    private readonly Argument<string> _action = new("ACTION") { Description = "get, store or erase, as git says it." };

    public GitCommand(Surroundings around)
        : base(around, "git", "Answer git as a credential helper does.")
    {
        Add(_host);
        Add(_action);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var asked = await ReadAsync(cancel);
        // Others than get are for helpers that remember; git may learn more of them.
        if (parsed.GetValue(_action) != "get") return ExitCodes.Ok;
        try
        {
            return await AskAsync(parsed, (members, expires) =>
            {
                var host = parsed.GetValue(_host) ?? HostOf(Member(members, "api"));
                if (!IsMeant(asked, host)) return ExitCodes.Ok;
                Around.Out.Write($"username={Find(members, "username") ?? "x-access-token"}\npassword={Find(members, "password") ?? Member(members, "token")}\npassword_expiry_utc={expires.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)}\n");
                return ExitCodes.Ok;
            }, cancel);
        }
        catch (CommandException denied)
        {
            // No other helper is asked, and nobody is prompted: the answer is no.
            Around.Out.Write("quit=1\n");
            throw new CommandException(denied.ExitCode, denied.Message, denied);
        }
    }

    /// <summary>Over https, or on this machine.</summary>
    private static bool IsMeant(Dictionary<string, string> asked, string host) =>
        string.Equals(asked.GetValueOrDefault("host"), host, StringComparison.OrdinalIgnoreCase)
        && (asked.GetValueOrDefault("protocol") == "https" || (asked.GetValueOrDefault("protocol") == "http" && host.Split(':')[0] is "127.0.0.1" or "localhost"));

    private static string HostOf(string api)
    {
        var host = new Uri(api).Authority;
        return host == "api.github.com" ? "github.com" : host;
    }

    private async Task<Dictionary<string, string>> ReadAsync(CancellationToken cancel)
    {
        var asked = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < MostLines && await Around.In.ReadLineAsync(cancel) is { Length: > 0 } line; i++)
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0) asked[line[..equals]] = line[(equals + 1)..];
        }

        return asked;
    }
}
