using System.Text.Json;
using System.Text.Json.Nodes;

namespace CredentialBroker.TestInfra;

/// <summary>What scenes about certificates and OAuth have beside the usual: targets, templates, forms.</summary>
internal static class Standards
{
    /// <summary>A target for certificates, and every template's name for the gate.</summary>
    public static void Configure(JsonObject configuration)
    {
        configuration["Targets"]!["Certificate"] = new JsonObject
        {
            ["mesh"] = new JsonObject
            {
                ["TrustDomain"] = "test.example", ["Paths"] = new JsonArray("/ns/*/sa/*"), ["DnsNames"] = new JsonArray("localhost"),
                ["Usages"] = new JsonArray("client", "server"), ["ChecksRevocation"] = true,
            },
        };
        configuration["Targets"]!["SignedToken"]!["internal"]!["Audiences"] = new JsonArray("https://api.test", "https://dpop.test", "https://mtls.test");
        configuration["TrustSources"]!["Approvals"]!["gate"]!["Templates"] = new JsonArray("token", "token-other", "dpop", "mtls", "certificate", "server");
    }

    public static string Token(string name = "token", string audience = "https://api.test", string constraint = "none") => SceneFolder.Template(
        name, $$"""{ signed-token: { target: internal, audience: "{{audience}}", senderConstraint: {{constraint}}, scopes: { read: { scope: "orders:read" }, write: { scope: "orders:write" } } } }""");

    public static string Certificate(string name = "certificate", string usage = "client", string dns = "") => SceneFolder.Template(
        name, $$"""{ certificate: { target: mesh, path: "/ns/{workload.namespace}/sa/{workload.serviceAccount}", usages: [{{usage}}], dnsNames: [{{dns}}] } }""", concurrent: 8);

    public static Task<Reply> FormAsync(this Scene scene, string path, string? bearer, params (string Name, string Value)[] parameters) =>
        scene.SendAsync(HttpMethod.Post, path, bearer, new FormUrlEncodedContent(parameters.Select(p => KeyValuePair.Create(p.Name, p.Value))));

    /// <summary>The exchange of RFC 8693 section 2.1, with more or other parameters.</summary>
    public static Task<Reply> ExchangeAsync(this Scene scene, string evidence, (string Name, string? Value)[] changes, params (string Name, string Value)[] headers)
    {
        var parameters = new Dictionary<string, string>
        {
            ["grant_type"] = "urn:ietf:params:oauth:grant-type:token-exchange", ["subject_token"] = evidence,
            ["subject_token_type"] = "urn:ietf:params:oauth:token-type:jwt", ["audience"] = "https://api.test",
        };
        foreach (var (name, value) in changes)
        {
            parameters.Remove(name);
            if (value is not null) parameters[name] = value;
        }

        return scene.SendAsync(HttpMethod.Post, "/oauth2/token", null, new FormUrlEncodedContent(parameters), headers);
    }

    public static JsonElement Claims(string token) => JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1])).RootElement;
}
