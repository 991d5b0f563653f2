namespace CredentialBroker.Cli.Login;

/// <summary>OAuth 2.0 Device Authorization Grant (RFC 8628): a person says yes in a browser, wherever that is, while this polls.</summary>
internal sealed class DeviceGrant(AuthorizationServer server, Shell shell)
{
    private const string GrantType = "urn:ietf:params:oauth:grant-type:device_code";

    // RFC 8628 sections 3.2 and 3.5: five seconds unless told, and five more at each slow_down.
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(30);

    /// <summary>Asks for a code, tells the person, and waits for the answer.</summary>
    public async Task<TokenAnswer> RunAsync(ServerMetadata metadata, string clientId, string? scope, string? audience, CancellationToken cancel)
    {
        var device = AuthorizationServer.Address(metadata.DeviceAuthorizationEndpoint, "the issuer's device_authorization_endpoint");
        var token = AuthorizationServer.Address(metadata.TokenEndpoint, "the issuer's token_endpoint");
        var asked = await server.PostAsync(device, OAuthJson.Default.DeviceAnswer, cancel, [("client_id", clientId), ("scope", scope), ("audience", audience)]);
        if (asked.Refusal is { } refusal) throw Refused(refusal);
        if (asked.Answer is not { DeviceCode.Length: > 0, UserCode.Length: > 0, VerificationUri.Length: > 0, ExpiresIn: > 0 } code)
        {
            throw CommandException.Fault("the issuer's device answer lacks device_code, user_code, verification_uri or expires_in");
        }

        Tell(code);
        return await PollAsync(token, clientId, code, cancel);
    }

    private void Tell(DeviceAnswer code)
    {
        shell.Say($"Open {AuthorizationServer.Address(code.VerificationUri, "verification_uri")} in a browser and enter the code {code.UserCode}");
        if (code.VerificationUriComplete is { } complete) shell.Say($"or open {AuthorizationServer.Address(complete, "verification_uri_complete")} and check that it shows {code.UserCode}");
    }

    private async Task<TokenAnswer> PollAsync(Uri endpoint, string clientId, DeviceAnswer code, CancellationToken cancel)
    {
        var life = TimeSpan.FromSeconds(Math.Min(code.ExpiresIn!.Value, (long)Longest.TotalSeconds));
        var pause = code.Interval is > 0 and var seconds ? TimeSpan.FromSeconds(Math.Min(seconds, (long)life.TotalSeconds)) : Usual;
        var began = shell.Clock.GetTimestamp();
        while (shell.Clock.GetElapsedTime(began) + pause < life)
        {
            await Task.Delay(pause, shell.Clock, cancel);
            try
            {
                var reply = await server.PostAsync(endpoint, OAuthJson.Default.TokenAnswer, cancel, [("grant_type", GrantType), ("device_code", code.DeviceCode), ("client_id", clientId)]);
                if (reply.Answer is { } answer) return answer;
                if (reply.Refusal!.Error == "slow_down") pause += Usual;
                else if (reply.Refusal.Error != "authorization_pending") throw Refused(reply.Refusal);
            }
            catch (Exception fault) when (IssuerConnection.IsUnreachable(fault, cancel))
            {
                // RFC 8628 section 3.5: after a lost connection the pace is halved.
                pause *= 2;
                shell.Say($"still waiting: {fault.Message}");
            }
        }

        throw Refused(new OAuthRefusal("expired_token"));
    }

    public static CommandException Refused(OAuthRefusal refusal) => new(ExitCodes.Denied, refusal switch
    {
        { Error: "access_denied" } => "the login was denied",
        { Error: "expired_token" } => "nobody entered the code in time; begin again with credbroker login",
        { ErrorDescription: { } why } => $"the issuer refuses: {refusal.Error}: {why}",
        _ => $"the issuer refuses: {refusal.Error ?? "without a reason"}",
    });
}
