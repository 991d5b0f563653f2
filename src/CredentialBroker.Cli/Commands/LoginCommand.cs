using System.CommandLine;
using CredentialBroker.Cli.Login;
using CredentialBroker.Cli.Output;

namespace CredentialBroker.Cli.Commands;

/// <summary>Logs a person in at the issuer that the broker trusts, without a browser on this machine.</summary>
internal sealed class LoginCommand : CliCommand
{
    private const string UsualScope = "openid offline_access";

    private readonly ConnectionOptions _connection = new();
    private readonly Option<string> _issuer = new("--issuer") { HelpName = "URL", Description = "The issuer, spelled as it names itself.", Required = true };
    private readonly Option<string> _clientId = new("--client-id") { HelpName = "ID", Description = "The public client that is registered there for credbroker.", Required = true };
    private readonly Option<string?> _audience = new("--audience") { HelpName = "NAME", Description = "Asks for a token for this audience, at issuers that take one." };
    private readonly Option<string?> _scope = new("--scope") { HelpName = "SCOPES", Description = $"Scopes to ask for, in one argument; else '{UsualScope}', of which the second brings a refresh token." };
    private readonly Option<bool> _idToken = new("--id-token") { Description = "Send the ID token to the broker, for issuers whose access tokens are not for others to read." };
    private readonly Option<string?> _caFile = new("--issuer-ca-file") { HelpName = "FILE", Description = "PEM file of the only authorities to trust for the issuer; else the system's." };

    public LoginCommand(Shell shell)
        : base(shell, "login", "Log in: shows an address and a code, waits until they were used in a browser, and keeps the token for later commands.",
            "credbroker login --issuer https://login.example/realms/ops --client-id credbroker",
            "credbroker login --issuer https://login.example --client-id credbroker --audience credbroker-operators --addr https://broker.example:8200")
    {
        foreach (var option in (Option<string>[])[_issuer, _clientId]) option.MustNotBeBlank();
        foreach (Option option in (Option[])[_issuer, _clientId, _audience, _scope, _idToken, _caFile]) Add(option);
        Share(_connection.Where);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var broker = _connection.AddressOf(parsed, Shell);
        var file = LoginFile.Of(Shell) ?? throw CommandException.Usage("neither XDG_STATE_HOME nor HOME says where to keep the login");
        var caFile = parsed.GetValue(_caFile) is { } named ? Path.GetFullPath(named) : null;
        var (name, clientId) = (parsed.GetRequiredValue(_issuer), parsed.GetRequiredValue(_clientId));
        if (AuthorizationServer.Address(name) is not { } address) throw CommandException.Usage($"--issuer '{name}' is no https address");
        using var issuer = new IssuerConnection(name, caFile is null ? null : PemFiles.Roots(caFile));
        var metadata = await issuer.ReachAsync(() => issuer.Server.DiscoverAsync(address, cancel), cancel);
        var answer = await issuer.ReachAsync(() => new DeviceGrant(issuer.Server, Shell).RunAsync(metadata, clientId, parsed.GetValue(_scope) ?? UsualScope, parsed.GetValue(_audience), cancel), cancel);
        var login = new StoredLogin(broker, name, clientId, metadata.TokenEndpoint!, "", parsed.GetValue(_idToken), metadata.RevocationEndpoint, IssuerCaFile: caFile).With(answer, Shell.Clock.GetUtcNow());
        using (await file.LockAsync(Shell, cancel)) await file.WriteAsync(login, cancel);
        Shell.Say($"logged in for {broker}{(login.ExpiresAt is { } end ? $" until {Times.Of(end)}" : "")}{(login.RefreshToken is null ? "" : ", refreshed by itself")}; kept in {file.Path}");
        if (Shell.Environment("CREDBROKER_TOKEN_FILE") is { Length: > 0 }) Shell.Say("credbroker: warning: CREDBROKER_TOKEN_FILE is set and goes first");
        return ExitCodes.Ok;
    }
}
