namespace CredentialBroker.Cli.Login;

/// <summary>The token of whoever is logged in, refreshed when it is over.</summary>
internal static class LoginToken
{
    /// <summary>A token that ends while a request is under way is over already.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    /// <summary>Null when nobody is logged in at this broker, or the login is over.</summary>
    public static async Task<string?> ForAsync(Uri broker, Shell shell, CancellationToken cancel)
    {
        if (LoginFile.Of(shell) is not { } file || await file.ReadAsync(shell, cancel) is not { } login) return null;
        if (login.Broker != broker)
        {
            shell.Say($"credbroker: note: the login is for {login.Broker}, so nothing of it is sent to {broker}");
            return null;
        }

        return IsOver(login, shell) ? await RefreshAsync(file, shell, cancel) : login.Token;
    }

    private static async Task<string?> RefreshAsync(LoginFile file, Shell shell, CancellationToken cancel)
    {
        using var turn = await file.LockAsync(shell, cancel);
        // Another credbroker may have done it meanwhile.
        if (await file.ReadAsync(shell, cancel) is not { } login) return null;
        if (!IsOver(login, shell)) return login.Token;
        if (login.RefreshToken is null) return Over(shell);
        using var issuer = new IssuerConnection(login.Issuer, login.IssuerCaFile is { } pem ? PemFiles.Roots(pem) : null);
        var endpoint = AuthorizationServer.Address(login.TokenEndpoint, "the stored token endpoint");
        var reply = await issuer.ReachAsync(() => issuer.Server.PostAsync(endpoint, OAuthJson.Default.TokenAnswer, cancel,
            [("grant_type", "refresh_token"), ("refresh_token", login.RefreshToken), ("client_id", login.ClientId)]), cancel);
        if (reply.Answer is not { } answer) return Over(shell, reply.Refusal!.Error);
        var fresh = login.With(answer, shell.Clock.GetUtcNow());
        await file.WriteAsync(fresh, cancel);
        return fresh.Token;
    }

    private static bool IsOver(StoredLogin login, Shell shell) => login.ExpiresAt is { } end && end - Margin <= shell.Clock.GetUtcNow();

    private static string? Over(Shell shell, string? why = null)
    {
        shell.Say($"credbroker: note: the login is over{(why is null ? "" : $" ({why})")}; credbroker login begins a new one");
        return null;
    }
}
