using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Clusters;

/// <summary>
/// A stand-in for an API server as a reader sees it, written from its documented API and no part of Kubernetes: lists in
/// pages, watches with versions, bookmarks and 410 Gone, reviews of tokens and of rights, tokens of the caller's that expire,
/// rights that must be granted. Whatever is not documented, or not used here, is refused and noted.
/// </summary>
internal sealed class ClusterStandIn : IAsyncDisposable
{
    public static readonly string[] Resources = ["pods", "nodes", "namespaces", "serviceaccounts", "jobs", "rolebindings", "clusterrolebindings", "validatingwebhookconfigurations", "mutatingwebhookconfigurations"];

    private static readonly Dictionary<string, (string Kind, string Base)> Kinds = new(StringComparer.Ordinal)
    {
        ["pods"] = ("Pod", "api/v1"), ["nodes"] = ("Node", "api/v1"), ["namespaces"] = ("Namespace", "api/v1"), ["serviceaccounts"] = ("ServiceAccount", "api/v1"), ["jobs"] = ("Job", "apis/batch/v1"),
        ["rolebindings"] = ("RoleBinding", "apis/rbac.authorization.k8s.io/v1"), ["clusterrolebindings"] = ("ClusterRoleBinding", "apis/rbac.authorization.k8s.io/v1"),
        ["validatingwebhookconfigurations"] = ("ValidatingWebhookConfiguration", "apis/admissionregistration.k8s.io/v1"), ["mutatingwebhookconfigurations"] = ("MutatingWebhookConfiguration", "apis/admissionregistration.k8s.io/v1"),
    };

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<HttpContext, bool> _watches = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> _callers = new(StringComparer.Ordinal);
    private readonly string _jwks;

    private ClusterStandIn(WebApplication app, Uri address, string jwks) => (_app, Address, _jwks) = (app, address, jwks);

    public Uri Address { get; }

    public ClusterWorld World { get; } = new();

    /// <summary>Rights of the caller, as <c>verb group/resource</c>; all that reading needs unless a test takes some away.</summary>
    public ConcurrentDictionary<string, bool> Rights { get; } = new(StringComparer.Ordinal);

    /// <summary>Users who may do everything.</summary>
    public ConcurrentDictionary<string, bool> Mighty { get; } = new(StringComparer.Ordinal);

    public ConcurrentQueue<string> Undocumented { get; } = new();

    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Changes the status of the next reviews of tokens.</summary>
    public Action<JsonObject>? Reviewing { get; set; }

    /// <summary>Answers everything with 503, as a server that starts does.</summary>
    public bool Down { get; set; }

    /// <summary>Holds reads of single pods back until it is done.</summary>
    public Task Slow { get; set; } = Task.CompletedTask;

    /// <param name="jwks">Public keys of the tokens that its kubelets hand out.</param>
    public static async Task<ClusterStandIn> StartAsync(string jwks)
    {
        var address = new Uri($"http://127.0.0.1:{LoopbackPorts.FindFree()}");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add(address.ToString());
        var standIn = new ClusterStandIn(app, address, jwks);
        app.Map("/{**rest}", standIn.AnswerAsync);
        foreach (var (verb, group, resource) in (IEnumerable<(string, string, string)>)[("create", "authentication.k8s.io", "tokenreviews"), ("create", "authorization.k8s.io", "subjectaccessreviews"), ("get", "", "pods"), .. Kinds.SelectMany(k => new[] { ("list", GroupOf(k.Key), k.Key), ("watch", GroupOf(k.Key), k.Key) })])
            standIn.Rights[$"{verb} {group}/{resource}"] = true;
        await app.StartAsync();
        return standIn;
    }

    /// <summary>A token of the caller's own, good for as long.</summary>
    public string NewCaller(TimeSpan? life = null)
    {
        var token = $"caller-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12))}";
        _callers[token] = TimeProvider.System.GetUtcNow() + (life ?? TimeSpan.FromHours(1));
        return token;
    }

    public void Expire(string token) => _callers[token] = DateTimeOffset.MinValue;

    /// <summary>Every watch breaks off, as when the server is restarted.</summary>
    public void BreakWatches()
    {
        foreach (var watch in _watches.Keys) watch.Abort();
    }

    public async ValueTask DisposeAsync()
    {
        BreakWatches();
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var (request, path) = (http.Request, http.Request.Path.Value![1..]);
        Asked.Enqueue($"{request.Method} {path}");
        if (Down) await StatusAsync(http, 503, "ServiceUnavailable", "apiserver not ready");
        else if (!IsCaller(request)) await StatusAsync(http, 401, "Unauthorized", "Unauthorized");
        else if (request.Method == "POST") await PostAsync(http, path);
        else if (request.Method != "GET") await UnknownAsync(http, path);
        else if (path == "version") await JsonAsync(http, 200, new JsonObject { ["major"] = "1", ["minor"] = "34", ["gitVersion"] = "v1.34.1" });
        else if (path == "openid/v1/jwks") await JsonAsync(http, 200, (JsonObject)JsonNode.Parse(_jwks)!);
        else if (path.Split('/') is ["api", "v1", "namespaces", var space, "pods", var pod]) await PodAsync(http, space, pod);
        else if (path.Split('/') is ["api", "v1", "namespaces", var of, "pods"]) await ListAsync(http, "pods", one => (string?)one["metadata"]!["namespace"] == of && Labelled(one, request.Query["labelSelector"]));
        else if (Kinds.FirstOrDefault(k => path == $"{k.Value.Base}/{k.Key}") is { Key: { } resource }) await (request.Query["watch"] == "true" ? WatchAsync(http, resource) : ListAsync(http, resource, _ => true));
        else await UnknownAsync(http, path);
    }

    private async Task PostAsync(HttpContext http, string path)
    {
        var sent = await JsonNode.ParseAsync(http.Request.Body) as JsonObject;
        if (http.Request.ContentType != "application/json" || sent is null) await StatusAsync(http, 415, "UnsupportedMediaType", "the body of the request was in an unknown format");
        else if (path == "apis/authentication.k8s.io/v1/tokenreviews" && (string?)sent["kind"] == "TokenReview" && May("create authentication.k8s.io/tokenreviews")) await ReviewAsync(http, sent);
        else if (path == "apis/authorization.k8s.io/v1/selfsubjectaccessreviews" && (string?)sent["kind"] == "SelfSubjectAccessReview")
        {
            var asked = sent["spec"]!["resourceAttributes"]!;
            sent["status"] = new JsonObject { ["allowed"] = May($"{(string?)asked["verb"]} {(string?)asked["group"]}/{(string?)asked["resource"]}") };
            await JsonAsync(http, 201, sent);
        }
        else if (path == "apis/authorization.k8s.io/v1/subjectaccessreviews" && (string?)sent["kind"] == "SubjectAccessReview" && May("create authorization.k8s.io/subjectaccessreviews"))
        {
            sent["status"] = new JsonObject { ["allowed"] = (string?)sent["spec"]!["resourceAttributes"]!["verb"] == "*" && Mighty.ContainsKey((string)sent["spec"]!["user"]!) };
            await JsonAsync(http, 201, sent);
        }
        else await (path.Contains("reviews", StringComparison.Ordinal) ? StatusAsync(http, 403, "Forbidden", "cannot create reviews") : UnknownAsync(http, path));
    }

    /// <summary>As a server does that knows of audiences: signature, times, audience, and the pod and account that the token is bound to.</summary>
    private async Task ReviewAsync(HttpContext http, JsonObject sent)
    {
        var status = new JsonObject { ["authenticated"] = false, ["error"] = "invalid bearer token" };
        var asked = ((JsonArray)sent["spec"]!["audiences"]!).Select(a => (string)a!).ToList();
        if (ClaimsOf((string)sent["spec"]!["token"]!) is { } claims && asked.Contains((string)claims["aud"]!) && (long)claims["exp"]! > TimeProvider.System.GetUtcNow().ToUnixTimeSeconds())
        {
            var (of, space) = (claims["kubernetes.io"]!, (string)claims["kubernetes.io"]!["namespace"]!);
            var pod = World.Find("pods", $"{space}/{(string)of["pod"]!["name"]!}");
            var account = World.Find("serviceaccounts", $"{space}/{(string)of["serviceaccount"]!["name"]!}");
            if (pod is not null && (string?)pod["metadata"]!["uid"] == (string?)of["pod"]!["uid"] && account is not null && (string?)account["metadata"]!["uid"] == (string?)of["serviceaccount"]!["uid"])
            {
                status = new JsonObject
                {
                    ["authenticated"] = true, ["audiences"] = new JsonArray((string)claims["aud"]!),
                    ["user"] = new JsonObject
                    {
                        ["username"] = (string)claims["sub"]!, ["uid"] = (string?)account["metadata"]!["uid"], ["groups"] = new JsonArray("system:serviceaccounts"),
                        ["extra"] = new JsonObject { ["authentication.kubernetes.io/pod-name"] = new JsonArray((string)of["pod"]!["name"]!), ["authentication.kubernetes.io/pod-uid"] = new JsonArray((string)of["pod"]!["uid"]!) },
                    },
                };
            }
        }

        Reviewing?.Invoke(status);
        sent["status"] = status;
        await JsonAsync(http, 201, sent);
    }

    private async Task PodAsync(HttpContext http, string space, string pod)
    {
        await Slow;
        if (!May("get /pods")) await StatusAsync(http, 403, "Forbidden", "pods is forbidden");
        else if (World.Find("pods", $"{space}/{pod}") is { } found) await JsonAsync(http, 200, found);
        else await StatusAsync(http, 404, "NotFound", $"pods \"{pod}\" not found");
    }

    private async Task ListAsync(HttpContext http, string resource, Func<JsonObject, bool> wanted)
    {
        if (!May($"list {GroupOf(resource)}/{resource}"))
        {
            await StatusAsync(http, 403, "Forbidden", $"{resource} is forbidden");
            return;
        }

        var limit = int.TryParse(http.Request.Query["limit"], CultureInfo.InvariantCulture, out var asked) ? asked : int.MaxValue - 1;
        var after = http.Request.Query["continue"] is [{ } token] ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)) : "";
        var (items, next, version) = World.Page(resource, after, limit, wanted);
        // Items of a list do not repeat what the list says of them.
        var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) };
        if (next is not null) metadata["continue"] = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(next));
        await JsonAsync(http, 200, new JsonObject { ["kind"] = Kinds[resource].Kind + "List", ["apiVersion"] = "v1", ["metadata"] = metadata, ["items"] = items });
    }

    private async Task WatchAsync(HttpContext http, string resource)
    {
        if (!May($"watch {GroupOf(resource)}/{resource}"))
        {
            await StatusAsync(http, 403, "Forbidden", $"{resource} is forbidden");
            return;
        }

        if (!long.TryParse(http.Request.Query["resourceVersion"], CultureInfo.InvariantCulture, out var after)) await StatusAsync(http, 400, "BadRequest", "resourceVersion");
        else if (World.Watch(resource, after) is not { } events) await GoneAsync(http, resource, after);
        else
        {
            _watches[http] = true;
            try
            {
                await StreamAsync(http, resource, events);
            }
            catch (OperationCanceledException)
            {
                // The reader left, or the test broke it off.
            }
            finally
            {
                _watches.TryRemove(http, out _);
                World.Leave(events);
            }
        }
    }

    private async Task StreamAsync(HttpContext http, string resource, System.Threading.Channels.Channel<WorldEvent> events)
    {
        var stopping = ((IHostApplicationLifetime)_app.Services.GetService(typeof(IHostApplicationLifetime))!).ApplicationStopping;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        end.CancelAfter(TimeSpan.FromSeconds(int.Parse(http.Request.Query["timeoutSeconds"]!, CultureInfo.InvariantCulture)));
        http.Response.ContentType = "application/json";
        // A bookmark first, as a server sends now and then to those who asked.
        if (http.Request.Query["allowWatchBookmarks"] == "true") await LineAsync(http, "BOOKMARK", new JsonObject { ["kind"] = Kinds[resource].Kind, ["apiVersion"] = "v1", ["metadata"] = new JsonObject { ["resourceVersion"] = http.Request.Query["resourceVersion"].ToString() } });
        while (await events.Reader.WaitToReadAsync(end.Token))
        {
            while (events.Reader.TryRead(out var one)) await LineAsync(http, one.Type, With(one.Object, Kinds[resource].Kind));
        }
    }

    private static JsonObject With(JsonObject thing, string kind)
    {
        var copy = (JsonObject)thing.DeepClone();
        copy["kind"] = kind;
        return copy;
    }

    private static async Task LineAsync(HttpContext http, string type, JsonObject thing)
    {
        await http.Response.WriteAsync(new JsonObject { ["type"] = type, ["object"] = thing }.ToJsonString() + "\n", http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }

    /// <summary>Old versions are refused in one of two ways, by the same server.</summary>
    private static async Task GoneAsync(HttpContext http, string resource, long after)
    {
        if (after % 2 == 0) await StatusAsync(http, 410, "Expired", $"too old resource version for {resource}");
        else
        {
            http.Response.ContentType = "application/json";
            await LineAsync(http, "ERROR", new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Failure", ["reason"] = "Expired", ["code"] = 410 });
        }
    }

    private JsonObject? ClaimsOf(string token)
    {
        if (token.Split('.') is not [var head, var body, var signature]) return null;
        foreach (var key in (JsonArray)JsonNode.Parse(_jwks)!["keys"]!)
        {
            using var curve = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = Base64Url.DecodeFromChars((string)key!["x"]!), Y = Base64Url.DecodeFromChars((string)key["y"]!) } });
            if (curve.VerifyData(Encoding.ASCII.GetBytes($"{head}.{body}"), Base64Url.DecodeFromChars(signature), HashAlgorithmName.SHA256)) return (JsonObject)JsonNode.Parse(Base64Url.DecodeFromChars(body))!;
        }

        return null;
    }

    private static bool Labelled(JsonObject one, string? selector) =>
        selector?.Split('=') is [var name, var value] && (string?)one["metadata"]!["labels"]?[name] == value;

    private bool IsCaller(HttpRequest request) =>
        request.Headers.Authorization.ToString() is ['B', 'e', 'a', 'r', 'e', 'r', ' ', .. var token] && _callers.TryGetValue(token, out var until) && until > TimeProvider.System.GetUtcNow();

    private bool May(string right) => Rights.ContainsKey(right);

    private async Task UnknownAsync(HttpContext http, string path)
    {
        Undocumented.Enqueue($"{http.Request.Method} {path}");
        await StatusAsync(http, 404, "NotFound", "the server could not find the requested resource");
    }

    private static Task StatusAsync(HttpContext http, int code, string reason, string message) => JsonAsync(http, code, new JsonObject
    {
        ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Failure", ["message"] = message, ["reason"] = reason, ["code"] = code,
    });

    private static async Task JsonAsync(HttpContext http, int status, JsonObject json)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(json.ToJsonString(), http.RequestAborted);
    }

    private static string GroupOf(string resource) => Kinds[resource].Base.StartsWith("apis/", StringComparison.Ordinal) ? Kinds[resource].Base.Split('/')[1] : "";
}
