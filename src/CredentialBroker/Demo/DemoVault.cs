using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CredentialBroker.Protocol;

namespace CredentialBroker.Demo;

/// <summary>
/// Prepares the given Vault as an operator would: an engine that makes certificates, a token role, a policy for leases and
/// one for the broker, and a login that believes the broker's own issuer. All of it is taken away again.
/// </summary>
internal sealed class DemoVault : IAsyncDisposable
{
    private readonly HttpClient _operator;
    private readonly string _suffix = Ids.New(TimeProvider.System)[^6..];
    private readonly List<string> _made = [];

    private DemoVault(Uri address, string token)
    {
        Url = address;
        _operator = new HttpClient(BrokerHttp.Handler(address)) { BaseAddress = new Uri(address, "/v1/"), Timeout = TimeSpan.FromSeconds(30) };
        _operator.DefaultRequestHeaders.Add("X-Vault-Token", token);
        _operator.DefaultRequestHeaders.Add("X-Vault-Request", "true");
    }

    public Uri Url { get; }

    public string Path => $"pki-demo-{_suffix}/issue/orders";

    private string Engine => $"pki-demo-{_suffix}";

    private string Broker => $"broker-demo-{_suffix}";

    private string LeasePolicy => $"lease-demo-{_suffix}";

    private string Door => $"jwt-demo-{_suffix}";

    public static async Task<DemoVault> PrepareAsync(Uri address, string tokenFile)
    {
        if (address.Scheme != Uri.UriSchemeHttps && !address.IsLoopback) throw new DemoFailedException("the Vault's address must be https, but for loopback: the token would be read on the way");
        var token = (await File.ReadAllTextAsync(tokenFile)).Trim();
        if (token.Length == 0 || token.Any(c => c is <= ' ' or > '~')) throw new DemoFailedException("the file holds no token");
        var vault = new DemoVault(address, token);
        try
        {
            await vault.PrepareAsync();
            return vault;
        }
        catch
        {
            await vault.DisposeAsync();
            throw;
        }
    }

    /// <summary>The target's configuration: no secret is in it, for the broker comes in with a token of its own issuer.</summary>
    public JsonObject Target() => new()
    {
        ["Address"] = Url.GetLeftPart(UriPartial.Authority), ["TokenRole"] = Broker, ["Policies"] = new JsonArray(LeasePolicy), ["Paths"] = new JsonArray(Path),
        ["Login"] = new JsonObject { ["Method"] = "jwt", ["Mount"] = Door, ["Role"] = "broker" },
    };

    /// <summary>Tells the Vault whom to believe: the public half of the key that the broker signs its own logins with.</summary>
    public async Task BelieveAsync(Uri broker)
    {
        using var http = new HttpClient(BrokerHttp.Handler(broker));
        var keys = JsonNode.Parse(await http.GetStringAsync(new Uri(broker, "/issuer/federation/.well-known/jwks.json")))!["keys"]!.AsArray();
        await CallAsync($"auth/{Door}/config", new JsonObject { ["jwt_validation_pubkeys"] = new JsonArray([.. keys.Select(key => (JsonNode)PemOf(key!))]) });
    }

    private static string PemOf(JsonNode key)
    {
        using var rsa = RSA.Create(new RSAParameters { Modulus = Base64Url.DecodeFromChars((string)key["n"]!), Exponent = Base64Url.DecodeFromChars((string)key["e"]!) });
        return rsa.ExportSubjectPublicKeyInfoPem();
    }

    /// <summary>Whether Vault has revoked the certificate.</summary>
    public async Task<bool> IsRevokedAsync(string serial) =>
        (long)(await JsonNode.ParseAsync(await _operator.GetStreamAsync(new Uri($"{Engine}/cert/{serial}", UriKind.Relative))))!["data"]!["revocation_time"]! > 0;

    public async ValueTask DisposeAsync()
    {
        // In the other order: what stands on another goes first.
        foreach (var path in Enumerable.Reverse(_made))
        {
            using var answer = await _operator.DeleteAsync(new Uri(path, UriKind.Relative));
        }

        _operator.Dispose();
    }

    private async Task PrepareAsync()
    {
        await MakeAsync($"sys/mounts/{Engine}", new JsonObject { ["type"] = "pki" });
        await CallAsync($"{Engine}/root/generate/internal", new JsonObject { ["common_name"] = "demo authority", ["ttl"] = "1h" });
        await CallAsync($"{Engine}/roles/orders", new JsonObject { ["allow_any_name"] = true, ["enforce_hostnames"] = false, ["max_ttl"] = "1h", ["generate_lease"] = true, ["key_type"] = "ec", ["key_bits"] = 256 });
        await PolicyAsync(LeasePolicy, (Path, "update"));
        await PolicyAsync(
            Broker, ($"auth/token/create/{Broker}", "update"), ($"auth/token/roles/{Broker}", "read"), ("auth/token/revoke-accessor", "update"), ("auth/token/renew-accessor", "update"),
            ("auth/token/lookup-accessor", "update"), ("sys/leases/revoke", "update"), ("sys/leases/renew", "update"), ("sys/leases/lookup", "update"));
        await MakeAsync($"auth/token/roles/{Broker}", new JsonObject { ["allowed_policies"] = new JsonArray(LeasePolicy), ["orphan"] = true, ["renewable"] = true, ["token_no_default_policy"] = true });
        await MakeAsync($"sys/auth/{Door}", new JsonObject { ["type"] = "jwt" });
        await CallAsync($"auth/{Door}/role/broker", new JsonObject
        {
            ["role_type"] = "jwt", ["user_claim"] = "sub", ["bound_subject"] = "credential-broker", ["bound_audiences"] = new JsonArray("vault"), ["token_policies"] = new JsonArray(Broker), ["token_ttl"] = "1h",
        });
    }

    private Task PolicyAsync(string name, params (string Path, string Capability)[] rules) => MakeAsync($"sys/policies/acl/{name}", new JsonObject
    {
        ["policy"] = new JsonObject
        {
            ["path"] = new JsonObject(rules.Select(rule => KeyValuePair.Create<string, JsonNode?>(rule.Path, new JsonObject { ["capabilities"] = new JsonArray(rule.Capability) }))),
        }.ToJsonString(),
    });

    /// <summary>What is made here is removed in the end.</summary>
    private async Task MakeAsync(string path, JsonObject body)
    {
        await CallAsync(path, body);
        _made.Add(path);
    }

    private async Task CallAsync(string path, JsonObject body)
    {
        using var answer = await _operator.PostAsJsonAsync(path, body);
        if (!answer.IsSuccessStatusCode) throw new DemoFailedException($"Vault answers {path} with {(int)answer.StatusCode}");
    }
}
