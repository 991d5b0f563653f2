using System.Text.Json.Nodes;
using CredentialBroker.Demo;
using Npgsql;

namespace CredentialBroker.TestInfra;

/// <summary>A folder with everything a broker is started from: keys of its neighbours and a configuration file.</summary>
internal sealed class SceneFolder : IDisposable
{
    public SceneFolder(TimeProvider? clock = null)
    {
        Path = Directory.CreateTempSubdirectory("credbroker-test-").FullName;
        Cluster = new Signer(Scene.Issuer, Scene.Audience, "cluster-1", clock ?? TimeProvider.System);
        Gate = new Signer(Scene.GateIssuer, Scene.Audience, "gate-1", clock ?? TimeProvider.System);
        File.WriteAllText(System.IO.Path.Combine(Path, "cluster.jwks"), Cluster.Jwks());
        File.WriteAllText(System.IO.Path.Combine(Path, "gate.jwks"), Gate.Jwks());
        File.WriteAllText(System.IO.Path.Combine(Path, "kek"), Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)));
    }

    public string Path { get; }

    public Signer Cluster { get; }

    public Signer Gate { get; }

    public string TokenFile => System.IO.Path.Combine(Path, "bootstrap-token");

    public string ConfigurationFile => System.IO.Path.Combine(Path, "appsettings.json");

    /// <summary>The configuration that tests start from; <paramref name="change"/> alters it.</summary>
    /// <param name="store">Connection string of a PostgreSQL database, or null for SQLite in this folder.</param>
    public string Write(int port, string? store = null, Action<JsonObject>? change = null)
    {
        var owners = new JsonObject { ["Runtime"] = "team-shop", ["Policy"] = "team-security", ["Operator"] = "team-sre" };
        var configuration = new JsonObject
        {
            ["Logging"] = new JsonObject { ["LogLevel"] = new JsonObject { ["Default"] = "Warning" } },
            ["Hosting"] = new JsonObject { ["Listen"] = $"http://127.0.0.1:{port}", ["Profile"] = "dev" },
            ["Storage"] = store is null ? new JsonObject { ["Folder"] = System.IO.Path.Combine(Path, "data") } : Postgres(store),
            ["Keys"] = new JsonObject { ["KeyEncryptionKeyFile"] = System.IO.Path.Combine(Path, "kek") },
            ["Operators"] = new JsonObject { ["BootstrapTokenFile"] = TokenFile, ["FailedLoginsPerMinute"] = 10_000 },
            ["TrustSources"] = new JsonObject
            {
                ["Workloads"] = new JsonObject
                {
                    ["cluster"] = new JsonObject
                    {
                        ["Kind"] = "kubernetes", ["Issuer"] = Scene.Issuer, ["Audience"] = Scene.Audience, ["JwksFile"] = System.IO.Path.Combine(Path, "cluster.jwks"),
                        ["Environments"] = new JsonArray("test"), ["Owners"] = owners.DeepClone(),
                    },
                },
                ["Approvals"] = new JsonObject
                {
                    ["gate"] = new JsonObject
                    {
                        ["Issuer"] = Scene.GateIssuer, ["Audience"] = Scene.Audience, ["JwksFile"] = System.IO.Path.Combine(Path, "gate.jwks"),
                        ["Environments"] = new JsonArray("test"), ["Templates"] = new JsonArray("token", "token-once", "orders", "short", "other-env"), ["Owners"] = owners.DeepClone(),
                    },
                },
            },
            ["Targets"] = new JsonObject { ["SignedToken"] = new JsonObject { ["internal"] = new JsonObject { ["Audiences"] = new JsonArray("https://api.test") } } },
        };
        change?.Invoke(configuration);
        File.WriteAllText(ConfigurationFile, configuration.ToJsonString());
        return ConfigurationFile;
    }

    /// <summary>A template for this scene's cluster and gate.</summary>
    public static string Template(string name, string backend, string ttl = "5m", string maxTtl = "1h", int concurrent = 3, string more = "") =>
        $$"""
        apiVersion: credentialbroker/v1
        kind: IssuanceTemplate
        metadata: { name: {{name}}, environment: test }
        owners: { runtime: team-shop, policy: team-security, operator: team-sre }
        match:
          workloads: ["k8s://cluster/shop/checkout"]
          approvals: { sources: [gate] }
        tier: standard
        ttl: {{ttl}}
        maxTtl: {{maxTtl}}
        concurrentLeases: {{concurrent}}
        {{more}}
        backend: {{backend}}
        """;

    public static string Token(string name = "token", string ttl = "5m", string maxTtl = "1h", int concurrent = 3, string more = "") =>
        Template(name, """{ signed-token: { target: internal, audience: "https://api.test" } }""", ttl, maxTtl, concurrent, more);

    public void Dispose()
    {
        Cluster.Dispose();
        Gate.Dispose();
        Directory.Delete(Path, recursive: true);
    }

    private JsonObject Postgres(string connection)
    {
        var text = new NpgsqlConnectionStringBuilder(connection);
        var password = System.IO.Path.Combine(Path, "store-password");
        File.WriteAllText(password, text.Password);
        text.Password = null;
        return new JsonObject { ["Provider"] = "postgres", ["ConnectionString"] = text.ConnectionString, ["PasswordFile"] = password };
    }
}
