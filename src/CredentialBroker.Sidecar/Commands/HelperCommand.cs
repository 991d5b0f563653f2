using System.CommandLine;
using System.Text.Json;

namespace CredentialBroker.Sidecar.Commands;

/// <summary>A command that another program runs for a credential. It asks the running sidecar, so that running it often makes nothing.</summary>
internal abstract class HelperCommand : SidecarCommand
{
    private readonly Option<string?> _socket = LocalClient.SocketOption();
    private readonly Option<string> _lease = new("--lease") { HelpName = "NAME", Description = "The lease, as the sidecar's configuration names it.", Required = true };

    protected HelperCommand(Surroundings around, string name, string description)
        : base(around, name, description)
    {
        Add(_lease);
        Add(_socket);
    }

    /// <summary>Asks for the credential and reads from it.</summary>
    protected async Task<T> AskAsync<T>(ParseResult parsed, Func<JsonElement, DateTimeOffset, T> read, CancellationToken cancel)
    {
        var name = parsed.GetValue(_lease)!;
        using var sidecar = LocalClient.Of(parsed.GetValue(_socket), Around);
        using var answer = await sidecar.CredentialAsync(name, cancel);
        var members = answer.RootElement.GetProperty("credential");
        return read(members, answer.RootElement.GetProperty("expiresAt").GetDateTimeOffset());
    }

    protected static string Member(JsonElement members, string name) => Find(members, name) ?? throw new CommandException(ExitCodes.Denied, $"the lease's credential has no {name}: it is of another backend");

    protected static string? Find(JsonElement members, string name) => members.TryGetProperty(name, out var value) ? value.GetString() : null;

    /// <summary>One line of JSON on stdout, as those who run helpers read it.</summary>
    protected int Write(Action<Utf8JsonWriter> write)
    {
        Around.Out.Write(System.Text.Encoding.UTF8.GetString(FrontEnds.Answers.Json(write)) + "\n");
        return ExitCodes.Ok;
    }
}
