using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;

namespace CredentialBroker.Tests.TestInfra;

/// <summary>An issuer of tokens, honest or hostile: it signs whatever bytes a test gives it. Whoever made the keys disposes of them.</summary>
public sealed class TestIssuer(string issuer, string audience, FakeClock clock, params TestKey[] keys)
{
    public TestIssuer(FakeClock clock)
        : this("https://issuer.example", "credbroker", clock, TestKey.Make("one", "ES256"))
    {
    }

    public string Issuer => issuer;

    public string Audience => audience;

    public FakeClock Clock => clock;

    public IReadOnlyList<TestKey> Keys => keys;

    /// <summary>The public keys as a JWKS document, followed by entries a test adds.</summary>
    public string Jwks(params JsonObject[] more) =>
        new JsonObject { ["keys"] = new JsonArray([.. keys.Select(key => key.Jwk()), .. more]) }.ToJsonString();

    public byte[] JwksBytes(params JsonObject[] more) => Encoding.UTF8.GetBytes(Jwks(more));

    public string Sign(JsonObject claims) => Sign(Header().ToJsonString(), claims.ToJsonString());

    /// <summary>Signs this header and payload as they are, with the first key unless another is given.</summary>
    public string Sign(string header, string payload, TestKey? key = null) =>
        Sign(Encoding.UTF8.GetBytes(header), Encoding.UTF8.GetBytes(payload), (key ?? keys[0]).Sign);

    /// <summary>Joins these bytes to a token whose signature is what <paramref name="sign"/> makes of them.</summary>
    public static string Sign(byte[] header, byte[] payload, Func<byte[], byte[]> sign)
    {
        var signed = $"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    public JsonObject Header() => new() { ["alg"] = keys[0].Algorithm, ["kid"] = keys[0].Id };

    /// <summary>The registered claims of a token that was issued now and lives ten minutes.</summary>
    public JsonObject Claims(string subject) => new()
    {
        ["iss"] = issuer, ["aud"] = audience, ["sub"] = subject, ["iat"] = clock.Seconds, ["nbf"] = clock.Seconds, ["exp"] = clock.Seconds + 600,
    };

    public JsonObject KubernetesClaims(string ns, string serviceAccount, string podUid, string pod = "checkout-7d9f-x2x")
    {
        var claims = Claims($"system:serviceaccount:{ns}:{serviceAccount}");
        claims["aud"] = new JsonArray(audience);
        claims["jti"] = "5d1c8a3e-0001-4000-8000-000000000001";
        claims["kubernetes.io"] = new JsonObject
        {
            ["namespace"] = ns,
            ["serviceaccount"] = new JsonObject { ["name"] = serviceAccount, ["uid"] = "0b9c7b7e-aaaa-4000-8000-00000000000a" },
            ["pod"] = new JsonObject { ["name"] = pod, ["uid"] = podUid },
            ["node"] = new JsonObject { ["name"] = "node-1.internal", ["uid"] = "0b9c7b7e-bbbb-4000-8000-00000000000b" },
        };
        return claims;
    }

    public string KubernetesToken(string ns, string serviceAccount, string podUid, string pod = "checkout-7d9f-x2x") =>
        Sign(KubernetesClaims(ns, serviceAccount, podUid, pod));

    public JsonObject GitHubClaims(string owner, string repository, string? environment = null, string run = "9001")
    {
        var claims = Claims("repo:octo@1/shop@2:ref:refs/heads/main");
        claims["jti"] = "c0ffee00-0000-4000-8000-000000000001";
        (string Name, string Value)[] facts =
        [
            ("repository_owner_id", owner), ("repository_id", repository), ("run_id", run), ("run_attempt", "1"), ("check_run_id", "77"),
            ("event_name", "push"), ("ref", "refs/heads/main"), ("ref_type", "branch"), ("actor_id", "42"), ("runner_environment", "github-hosted"),
            ("job_workflow_ref", "octo/shop/.github/workflows/deploy.yml@refs/heads/main"), ("sha", "0123456789abcdef0123456789abcdef01234567"),
        ];
        foreach (var (name, value) in facts)
        {
            claims[name] = value;
        }

        if (environment is not null)
        {
            claims["environment"] = environment;
        }

        return claims;
    }

    public JsonObject GitLabClaims(string project, string job, string pipeline)
    {
        var claims = Claims("project_path:shop/web:ref_type:branch:ref:main");
        (string Name, string Value)[] facts =
        [
            ("project_id", project), ("job_id", job), ("pipeline_id", pipeline), ("pipeline_source", "push"), ("ref", "main"), ("ref_type", "branch"), ("ref_protected", "true"), ("user_id", "9"),
        ];
        foreach (var (name, value) in facts)
        {
            claims[name] = value;
        }

        claims["runner_id"] = 5;
        return claims;
    }

    public string GitHubToken(string owner, string repository, string? environment = null, string run = "9001") =>
        Sign(GitHubClaims(owner, repository, environment, run));
}
