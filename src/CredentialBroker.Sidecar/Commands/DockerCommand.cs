using System.CommandLine;

namespace CredentialBroker.Sidecar.Commands;

/// <summary>A Docker credential helper: a script named <c>docker-credential-NAME</c> passes its argument on to this.</summary>
internal sealed class DockerCommand : HelperCommand
{
    private readonly Option<string> _server = new("--server") { HelpName = "HOST", Description = "The one registry that the credential is for.", Required = true };
    private readonly Option<string?> _username = new("--username") { HelpName = "NAME", Description = "The user's name, where the credential has none." };
    private readonly Argument<string> _action = new("ACTION") { Description = "get, store, erase, list or version, as Docker says it." };

    public DockerCommand(Surroundings around)
        : base(around, "docker", "Answer Docker as a credential helper does.")
    {
        Add(_server);
        Add(_username);
        Add(_action);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var server = parsed.GetValue(_server)!;
        switch (parsed.GetValue(_action))
        {
            case "get":
                var asked = (await Around.In.ReadToEndAsync(cancel)).Trim();
                // To the letter: Docker takes exactly this text for "not here", and all else for a fault.
                if (HostOf(asked) != HostOf(server)) return Refuse("credentials not found in native keychain");
                return await GetAsync(parsed, asked, cancel);
            case "list":
                return Write(json => json.WriteString(server, parsed.GetValue(_username) ?? ""));
            case "store" or "erase":
                // What comes from a lease is neither stored nor forgotten by its clients.
                await Around.In.ReadToEndAsync(cancel);
                return ExitCodes.Ok;
            case "version":
                await Around.Out.WriteLineAsync(typeof(DockerCommand).Assembly.GetName().Version!.ToString(3));
                return ExitCodes.Ok;
            case var other:
                return Refuse($"unknown credential action '{other}'");
        }
    }

    private async Task<int> GetAsync(ParseResult parsed, string asked, CancellationToken cancel)
    {
        try
        {
            return await AskAsync(parsed, (members, _) => Write(json =>
            {
                json.WriteString("ServerURL"u8, asked);
                json.WriteString("Username"u8, parsed.GetValue(_username) ?? Member(members, "username"));
                json.WriteString("Secret"u8, Find(members, "password") ?? Member(members, "token"));
            }), cancel);
        }
        catch (CommandException denied)
        {
            // Docker shows what a helper says here, and nothing of what it says to people.
            Around.Out.WriteLine(Say.Printable(denied.Message));
            throw new CommandException(denied.ExitCode, denied.Message, denied);
        }
    }

    private int Refuse(string message)
    {
        Around.Out.WriteLine(message);
        return ExitCodes.Fault;
    }

    private static string HostOf(string server)
    {
        var text = server.Contains("://", StringComparison.Ordinal) ? server[(server.IndexOf("://", StringComparison.Ordinal) + 3)..] : server;
        return text.Split('/')[0].ToLowerInvariant();
    }
}
