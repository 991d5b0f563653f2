using System.CommandLine;
using CredentialBroker.Cli.Login;

namespace CredentialBroker.Cli.Commands;

/// <summary>Forgets the login, and tells the issuer where it listens.</summary>
internal sealed class LogoutCommand(Shell shell) : CliCommand(shell, "logout", "Remove the kept login, and end its refresh token at the issuer. Exit code 5 when the issuer does not confirm that.", "credbroker logout")
{
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        if (LoginFile.Of(Shell) is not { } file || !File.Exists(file.Path))
        {
            Shell.Say("nobody is logged in");
            return ExitCodes.Ok;
        }

        using var turn = await file.LockAsync(Shell, cancel);
        var login = await ReadOrForgetAsync(file, cancel);
        file.Remove();
        Shell.Say($"removed {file.Path}");
        if (login?.RefreshToken is null) return ExitCodes.Ok;
        if (await RevokedAsync(login, cancel)) return ExitCodes.Ok;
        Shell.Say($"the refresh token lives on at {login.Issuer}, which did not confirm its end");
        return ExitCodes.NotAllDead;
    }

    /// <summary>A file that holds no login is removed all the same.</summary>
    private async Task<StoredLogin?> ReadOrForgetAsync(LoginFile file, CancellationToken cancel)
    {
        try
        {
            return await file.ReadAsync(Shell, cancel);
        }
        catch (CommandException error)
        {
            Shell.Say($"credbroker: {error.Message}");
            return null;
        }
    }

    private static async Task<bool> RevokedAsync(StoredLogin login, CancellationToken cancel)
    {
        if (login.RevocationEndpoint is not { } endpoint) return false;
        using var issuer = new IssuerConnection(login.Issuer, login.IssuerCaFile is { } pem ? PemFiles.Roots(pem) : null);
        try
        {
            return await issuer.Server.RevokeAsync(AuthorizationServer.Address(endpoint, "the stored revocation endpoint"), login.ClientId, login.RefreshToken!, cancel);
        }
        catch (Exception fault) when (IssuerConnection.IsUnreachable(fault, cancel))
        {
            return false;
        }
    }
}
