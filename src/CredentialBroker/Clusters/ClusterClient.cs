using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;
using DnsNames = CredentialBroker.Attestation.DnsNames;
using StrictJson = CredentialBroker.Attestation.StrictJson;

namespace CredentialBroker.Clusters;

/// <summary>What one cluster's API server says. Every answer is read strictly; whatever is not the documented form is a fault.</summary>
internal sealed class ClusterClient(string name, ClusterOptions options) : IDisposable
{
    private const int PageSize = 250;

    /// <summary>A connection that died in silence is noticed this late.</summary>
    private const int WatchSeconds = 30;

    private readonly ClusterHttp _http = new(name, options);

    public string Name => name;

    public ClusterOptions Options => options;

    /// <summary>TokenReview (authentication.k8s.io/v1) for one audience.</summary>
    public async Task<TokenStatus> ReviewAsync(string token, string audience, CancellationToken cancel)
    {
        var answer = await _http.SendAsync(HttpMethod.Post, "apis/authentication.k8s.io/v1/tokenreviews", new JsonObject
        {
            ["apiVersion"] = "authentication.k8s.io/v1", ["kind"] = "TokenReview", ["spec"] = new JsonObject { ["token"] = token, ["audiences"] = new JsonArray(audience) },
        }, cancel);
        return answer.IsSuccess && answer.Json is { } json && json.Text("kind") == "TokenReview" && json.Object("status") is { } status
            ? TokenStatus.Of(status)
            : throw Fault(answer, "the review of a token");
    }

    /// <summary>Null where no pod of this name is there.</summary>
    public async Task<JsonElement?> FindPodAsync(string space, string pod, CancellationToken cancel)
    {
        if (!DnsNames.Label(space) || !DnsNames.Subdomain(pod)) return null;
        var answer = await _http.SendAsync(HttpMethod.Get, $"api/v1/namespaces/{space}/pods/{pod}", null, cancel);
        if (answer.Status == System.Net.HttpStatusCode.NotFound && answer.Json is { } gone && gone.Text("kind") == "Status" && gone.Text("reason") == "NotFound") return null;
        return answer.IsSuccess && answer.Json is { } json && json.Text("kind") == "Pod" ? json : throw Fault(answer, "reading a pod");
    }

    /// <summary>Pods of a job, by the label that the job controller gives them.</summary>
    public async Task<IReadOnlyList<JsonElement>> PodsOfJobAsync(string space, string uid, CancellationToken cancel) =>
        DnsNames.Label(space) ? (await PageAsync($"api/v1/namespaces/{space}/pods?limit={PageSize}&labelSelector={Uri.EscapeDataString($"batch.kubernetes.io/controller-uid={uid}")}", "PodList", cancel)).Items : [];

    /// <summary>Everything of a kind, page by page; the last page's version is where a watch begins.</summary>
    public async IAsyncEnumerable<ListPage> ListAsync(ResourceKind kind, [EnumeratorCancellation] CancellationToken cancel)
    {
        var next = "";
        do
        {
            var page = await PageAsync($"{kind.Path}?limit={PageSize}{(next.Length > 0 ? $"&continue={Uri.EscapeDataString(next)}" : "")}", kind.Kind + "List", cancel);
            yield return page;
            next = page.Continue;
        }
        while (next.Length > 0);
    }

    /// <summary>Changes after a version, until the server ends the stream.</summary>
    /// <exception cref="ClusterException">Also when the version is too old: <see cref="ClusterException.Expired"/>.</exception>
    public async IAsyncEnumerable<WatchEvent> WatchAsync(ResourceKind kind, string version, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(WatchSeconds + 5));
        using var answer = await _http.OpenAsync($"{kind.Path}?watch=true&allowWatchBookmarks=true&timeoutSeconds={WatchSeconds}&resourceVersion={Uri.EscapeDataString(version)}", limit.Token);
        if (!answer.IsSuccessStatusCode) throw new ClusterException(name, (int)answer.StatusCode, $"watching {kind.Resource} was answered {(int)answer.StatusCode}");
        await using var stream = await answer.Content.ReadAsStreamAsync(limit.Token);
        await using var lines = WatchLines.ReadAsync(stream, limit.Token).GetAsyncEnumerator(limit.Token);
        while (true)
        {
            bool more;
            try
            {
                more = await lines.MoveNextAsync();
            }
            catch (Exception error) when (!cancel.IsCancellationRequested && error is IOException or HttpRequestException or InvalidDataException or OperationCanceledException)
            {
                throw new ClusterException(name, 0, $"watching {kind.Resource} broke off", error);
            }

            if (!more) yield break;
            yield return Read(kind, lines.Current);
        }
    }

    /// <summary>Any object or list, by a path of the broker's own.</summary>
    /// <returns>Null where nothing is there.</returns>
    public async Task<JsonElement?> GetAsync(string path, CancellationToken cancel)
    {
        var answer = await _http.SendAsync(HttpMethod.Get, path, null, cancel);
        if (answer.Status == System.Net.HttpStatusCode.NotFound) return null;
        return answer.IsSuccess && answer.Json is { } json ? json : throw Fault(answer, $"reading {path.Split('?')[0]}");
    }

    /// <summary>Whether the broker's own account may do this everywhere (SelfSubjectAccessReview).</summary>
    public async Task<bool> MayAsync(string verb, string group, string resource, CancellationToken cancel)
    {
        var answer = await _http.SendAsync(HttpMethod.Post, "apis/authorization.k8s.io/v1/selfsubjectaccessreviews", new JsonObject
        {
            ["apiVersion"] = "authorization.k8s.io/v1", ["kind"] = "SelfSubjectAccessReview",
            ["spec"] = new JsonObject { ["resourceAttributes"] = new JsonObject { ["verb"] = verb, ["group"] = group, ["resource"] = resource } },
        }, cancel);
        return answer.IsSuccess && answer.Json?.Object("status") is { } status ? status.Truth("allowed") : throw Fault(answer, "asking for the broker's rights");
    }

    /// <summary>Whether a service account may do everything in its namespace (SubjectAccessReview with wildcards, which only wildcards answer).</summary>
    public async Task<bool> MayEverythingAsync(string space, string account, CancellationToken cancel)
    {
        var answer = await _http.SendAsync(HttpMethod.Post, "apis/authorization.k8s.io/v1/subjectaccessreviews", new JsonObject
        {
            ["apiVersion"] = "authorization.k8s.io/v1", ["kind"] = "SubjectAccessReview",
            ["spec"] = new JsonObject
            {
                ["user"] = $"system:serviceaccount:{space}:{account}", ["groups"] = new JsonArray("system:serviceaccounts", $"system:serviceaccounts:{space}", "system:authenticated"),
                ["resourceAttributes"] = new JsonObject { ["verb"] = "*", ["group"] = "*", ["resource"] = "*", ["namespace"] = space },
            },
        }, cancel);
        return answer.IsSuccess && answer.Json?.Object("status") is { } status ? status.Truth("allowed") : throw Fault(answer, "asking for an account's rights");
    }

    public void Dispose() => _http.Dispose();

    private async Task<ListPage> PageAsync(string path, string kind, CancellationToken cancel)
    {
        var answer = await _http.SendAsync(HttpMethod.Get, path, null, cancel);
        return answer.IsSuccess && answer.Json is { } json && json.Text("kind") == kind && json.Object("metadata") is { } metadata && metadata.Text("resourceVersion") is { } version
            && json.TryGetProperty("items", out var items) && items.ValueKind is JsonValueKind.Array
            ? new ListPage([.. items.EnumerateArray()], version, metadata.Text("continue") ?? "")
            : throw Fault(answer, $"listing {kind}");
    }

    private WatchEvent Read(ResourceKind kind, byte[] line)
    {
        if (!StrictJson.TryReadObject(line, out var json, out _) || json.Text("type") is not { } type || json.Object("object") is not { } seen)
            throw new ClusterException(name, 0, $"watching {kind.Resource} gave what is no event");
        // A status in the stream is the end of it; its code says why.
        if (type == "ERROR") throw new ClusterException(name, seen.Seconds("code") is { } code and < 1000 ? (int)code : 0, $"watching {kind.Resource} ended with an error");
        if (seen.Text("kind") != kind.Kind || seen.Object("metadata")?.Text("resourceVersion") is not { } version)
            throw new ClusterException(name, 0, $"watching {kind.Resource} gave another kind of object");
        return new WatchEvent(type switch
        {
            "ADDED" or "MODIFIED" => ChangeKind.Seen,
            "DELETED" => ChangeKind.Deleted,
            "BOOKMARK" => ChangeKind.Bookmark,
            _ => throw new ClusterException(name, 0, $"watching {kind.Resource} gave an unknown type of event"),
        }, seen, version);
    }

    private ClusterException Fault(WireAnswer answer, string doing) => new(name, (int)answer.Status, (int)answer.Status switch
    {
        401 => $"{doing}: the broker's own token or certificate is not taken",
        403 => $"{doing}: the broker lacks the right",
        >= 200 and < 300 => $"{doing}: the answer does not have the documented form",
        var status => $"{doing} was answered {status}",
    });
}
