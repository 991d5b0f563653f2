using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace CredentialBroker.Backends.Kubernetes;

/// <summary>Who asks.</summary>
internal sealed record KubernetesCaller(string Name, bool Admin);

/// <summary>What the stand-in remembers, who may ask for what, and the tokens it signs and takes.</summary>
internal sealed class KubernetesState(TimeProvider clock)
{
    public const string ApiAudience = "https://kubernetes.default.svc.cluster.local";
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly Dictionary<(string Namespace, string Name), JsonArray> _roles = [];
    private readonly List<(string Namespace, string Role, string Account)> _bindings = [];

    public HashSet<string> Namespaces { get; } = [];
    public Dictionary<(string Namespace, string Name), string> Accounts { get; } = [];
    public Dictionary<(string Namespace, string Name), JsonObject> Secrets { get; } = [];

    /// <summary>Uid of the Secret that each token was bound to, in order; empty where it was bound to none.</summary>
    public List<string> Signed { get; } = [];

    /// <summary>The server's own limit (<c>--service-account-max-token-expiration</c>).</summary>
    public long LongestSeconds { get; set; } = uint.MaxValue;

    public string Now => clock.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    public bool AddNamespace(string name) => Namespaces.Add(name);

    public bool AddAccount(string space, string name) => Namespaces.Contains(space) && Accounts.TryAdd((space, name), Protocol.Ids.New(TimeProvider.System));

    public bool AddRole(string space, JsonObject role) => _roles.TryAdd((space, (string)role["metadata"]!["name"]!), (JsonArray)role["rules"]!.DeepClone());

    public bool AddBinding(string space, JsonObject binding)
    {
        var subject = binding["subjects"]![0]!;
        _bindings.Add((space, (string)binding["roleRef"]!["name"]!, $"system:serviceaccount:{(string)subject["namespace"]!}:{(string)subject["name"]!}"));
        return true;
    }

    public bool May(KubernetesCaller caller, string verb, string resource, string space, string name) => caller.Admin || _bindings
        .Where(binding => binding.Namespace == space && binding.Account == caller.Name)
        .SelectMany(binding => _roles[(space, binding.Role)])
        .Any(rule => Lists(rule!, "verbs", verb) && Lists(rule!, "resources", resource) && (rule!["resourceNames"] is null || Lists(rule, "resourceNames", name)));

    public KubernetesCaller? WhoIs(string authorization)
    {
        if (!authorization.StartsWith("Bearer ", StringComparison.Ordinal)) return null;
        var token = authorization["Bearer ".Length..];
        if (token == KubernetesStandIn.AdminToken) return new KubernetesCaller("kubernetes-admin", Admin: true);
        return Verify(token, [ApiAudience]) is { } account ? new KubernetesCaller(account, Admin: false) : null;
    }

    public (string Token, string Expires) Sign(string space, string name, IReadOnlyList<string> audiences, long seconds, JsonObject? secret)
    {
        var now = clock.GetUtcNow();
        var expires = now.AddSeconds(seconds);
        var uid = (string?)secret?["metadata"]!["uid"];
        var bound = new JsonObject { ["namespace"] = space, ["serviceaccount"] = new JsonObject { ["name"] = name, ["uid"] = Accounts[(space, name)] } };
        if (secret is not null) bound["secret"] = new JsonObject { ["name"] = (string)secret["metadata"]!["name"]!, ["uid"] = uid };
        var claims = new JsonObject
        {
            ["aud"] = new JsonArray([.. (audiences.Count == 0 ? [ApiAudience] : audiences).Select(one => (JsonNode)one)]), ["exp"] = expires.ToUnixTimeSeconds(), ["iat"] = now.ToUnixTimeSeconds(),
            ["iss"] = ApiAudience, ["jti"] = Protocol.Ids.New(TimeProvider.System), ["kubernetes.io"] = bound, ["nbf"] = now.ToUnixTimeSeconds(), ["sub"] = $"system:serviceaccount:{space}:{name}",
        };
        Signed.Add(uid ?? "");
        var text = $"{Encode("""{"alg":"ES256","kid":"stand-in"}""")}.{Encode(claims.ToJsonString())}";
        var signature = _key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256);
        return ($"{text}.{Base64Url.EncodeToString(signature)}", DateTimeOffset.FromUnixTimeSeconds(expires.ToUnixTimeSeconds()).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
    }

    /// <returns>The account's name, or null where the token is not taken.</returns>
    public string? Verify(string token, IReadOnlyList<string> audiences)
    {
        if (token.Split('.') is not [var header, var payload, var signature] || !Base64Url.IsValid(signature)) return null;
        if (!_key.VerifyData(Encoding.ASCII.GetBytes($"{header}.{payload}"), Base64Url.DecodeFromChars(signature), HashAlgorithmName.SHA256)) return null;
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(payload))!;
        if ((long)claims["exp"]! <= clock.GetUtcNow().ToUnixTimeSeconds()) return null;
        if (!((JsonArray)claims["aud"]!).Any(one => audiences.Contains((string)one!))) return null;
        var bound = claims["kubernetes.io"]!;
        var space = (string)bound["namespace"]!;
        if (Accounts.GetValueOrDefault((space, (string)bound["serviceaccount"]!["name"]!)) != (string?)bound["serviceaccount"]!["uid"]) return null;
        // Deleted, or made anew under the same name: the token is over.
        if (bound["secret"] is { } secret && (!Secrets.TryGetValue((space, (string)secret["name"]!), out var is_) || (string?)is_["metadata"]!["uid"] != (string?)secret["uid"])) return null;
        return (string)claims["sub"]!;
    }

    private static bool Lists(JsonNode rule, string member, string value) => ((JsonArray)rule[member]!).Any(one => (string?)one == value || (string?)one == "*");

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
