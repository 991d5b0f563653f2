using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Vault;

/// <summary>The ways in for the broker itself. What it shows there is read or made afresh at every login.</summary>
/// <param name="federation">Signs the broker's own token for method <c>jwt</c>.</param>
internal sealed class VaultDoor(VaultLogin login, KeyRing federation, TimeProvider clock)
{
    private const int SecretBytes = 16 * 1024;

    /// <summary>A token that never expires is looked at again this often.</summary>
    private const long StandingSeconds = 3600;

    public ValueTask<(string Token, long Seconds, bool Renewable)> LogInAsync(VaultHttp http, CancellationToken cancel) =>
        login.Method == "token" ? StandingAsync(http, cancel) : GrantedAsync(http, cancel);

    private async ValueTask<(string Token, long Seconds, bool Renewable)> GrantedAsync(VaultHttp http, CancellationToken cancel)
    {
        var answer = await http.SendAsync(login.Path, token: null, await ShowAsync(cancel), cancel);
        if (!answer.IsSuccess) throw VaultErrors.Of(answer, ReasonCodes.TargetUnavailable, "the broker's own login");
        if (answer.Object("auth") is not { } auth || auth.Text("client_token") is not { } token || auth.Seconds("lease_duration") is not ({ } seconds and > 0))
            throw Refused("the broker's own login gave no token; multi-factor logins are not for programs");
        // A batch token makes no tokens, so that every claim would fail later and say less.
        if (auth.Text("token_type") is not (null or "service")) throw Refused("the broker's own login gave a batch token, and those make no lease tokens");
        return (token, seconds, auth.Truth("renewable"));
    }

    private async ValueTask<(string Token, long Seconds, bool Renewable)> StandingAsync(VaultHttp http, CancellationToken cancel)
    {
        var token = await ReadAsync(login.TokenFile!, cancel);
        var answer = await http.SendAsync("auth/token/lookup-self", token, body: null, cancel);
        if (!answer.IsSuccess || answer.Object("data") is not { } data || data.Seconds("ttl") is not { } seconds)
            throw VaultErrors.Of(answer, ReasonCodes.TargetUnavailable, "looking at the broker's own token");
        return (token, seconds == 0 ? StandingSeconds : seconds, seconds > 0 && data.Truth("renewable"));
    }

    private async ValueTask<JsonObject> ShowAsync(CancellationToken cancel) => login.Method switch
    {
        "jwt" => new JsonObject { ["role"] = login.Role, ["jwt"] = FederationToken.Write(federation, clock, login.Subject, login.Audience) },
        "kubernetes" => new JsonObject { ["role"] = login.Role, ["jwt"] = await ReadAsync(login.JwtFile, cancel) },
        "approle" => new JsonObject { ["role_id"] = login.RoleId, ["secret_id"] = await ReadAsync(login.SecretIdFile!, cancel) },
        "cert" => login.Role is null ? [] : new JsonObject { ["name"] = login.Role },
        _ => throw Refused($"there is no login by {login.Method}"),
    };

    private static async ValueTask<string> ReadAsync(string file, CancellationToken cancel)
    {
        try
        {
            var text = new FileInfo(file).Length <= SecretBytes ? (await File.ReadAllTextAsync(file, cancel)).TrimEnd('\r', '\n') : "";
            return text.Length > 0 ? text : throw Refused("the file of the broker's own login is empty or too large");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Refused("the file of the broker's own login cannot be read");
        }
    }

    private static BackendException Refused(string detail) => new(VaultBackend.Word, ReasonCodes.TargetUnavailable, detail, transient: true);
}
