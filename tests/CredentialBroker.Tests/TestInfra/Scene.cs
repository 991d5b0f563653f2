using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Demo;

namespace CredentialBroker.TestInfra;

/// <summary>An answer as a client sees it.</summary>
internal sealed record Reply(HttpStatusCode Status, string Body)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>The reason code of a refusal; null on success.</summary>
    public string? Code => (int)Status >= 400 && Body.StartsWith('{') && Json.TryGetProperty("code", out var code) ? code.GetString() : null;
}

/// <summary>
/// One broker as its neighbours see it: a cluster whose tokens it trusts, a gate whose approvals it trusts, workloads,
/// an operator. Speaks plain HTTP, so that tests can say what no client would.
/// </summary>
internal sealed class Scene : IDisposable
{
    public const string Issuer = "https://cluster.test";
    public const string GateIssuer = "https://gate.test";
    public const string Audience = "credbroker/test";

    private readonly HttpClient _http;
    private readonly Func<string> _operatorToken;
    private int _number;

    public Scene(Uri address, Func<string> operatorToken, Signer cluster, Signer gate)
    {
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };
        _operatorToken = operatorToken;
        Cluster = cluster;
        Gate = gate;
    }

    public Uri Address => _http.BaseAddress!;

    public string OperatorToken => _operatorToken();

    public Signer Cluster { get; }

    public Signer Gate { get; }

    /// <summary>A fresh pod UID.</summary>
    public string NewPod() => $"pod-{Environment.ProcessId}-{Interlocked.Increment(ref _number)}";

    public string Token(string pod, string serviceAccount = "checkout", string ns = "shop") => Cluster.PodToken(ns, serviceAccount, pod);

    /// <summary>An approval document for one pod; change a member, or take it out with null.</summary>
    public JsonObject ApprovalOf(string pod, string template, params (string Name, JsonNode? Value)[] changes)
    {
        var approval = new JsonObject
        {
            ["ref"] = $"ref-{pod}-{Interlocked.Increment(ref _number)}", ["effect"] = "approved", ["environment"] = "test", ["templates"] = new JsonArray(template),
            ["workload"] = "k8s://cluster/shop/checkout", ["instance"] = pod, ["tier"] = "standard", ["requester"] = "alice", ["approvers"] = new JsonArray("bob"),
            ["task"] = $"task-{pod}",
        };
        foreach (var (name, value) in changes)
        {
            approval.Remove(name);
            if (value is not null) approval[name] = value;
        }

        return approval;
    }

    public Task<Reply> ApproveAsync(JsonObject approval, string source = "gate") => ApproveAsync(Gate.Approval(approval), source);

    public Task<Reply> ApproveAsync(string document, string source = "gate") =>
        SendAsync(HttpMethod.Post, $"/v1/approvals/{source}", null, new StringContent(document, Encoding.ASCII, "application/jose"));

    public Task<Reply> ClaimAsync(string token, string template, string? key = null, params (string Name, JsonNode? Value)[] members)
    {
        var body = new JsonObject { ["template"] = template };
        foreach (var (name, value) in members) body[name] = value?.DeepClone();
        return ClaimBodyAsync(token, body.ToJsonString(), key);
    }

    public Task<Reply> ClaimBodyAsync(string? token, string body, string? key = null) => SendAsync(
        HttpMethod.Post, "/v1/leases", token, new StringContent(body, Encoding.UTF8, "application/json"), ("Idempotency-Key", key ?? $"key-{Interlocked.Increment(ref _number)}"));

    public Task<Reply> RenewAsync(string token, string lease) => SendAsync(HttpMethod.Post, $"/v1/leases/{lease}/renew", token);

    public Task<Reply> OperatorAsync(HttpMethod method, string path, string? body = null, string type = "application/json") =>
        SendAsync(method, path, _operatorToken(), body is null ? null : new StringContent(body, Encoding.UTF8, type));

    public async Task<JsonElement> LeaseAsync(string id) => (await OperatorAsync(HttpMethod.Get, $"/v1/leases/{id}")).Json;

    /// <summary>Polls until the lease has the state; the limit is a safety net, not a measurement.</summary>
    public async Task<JsonElement> LeaseUntilAsync(string id, string state, int seconds = 60)
    {
        for (var i = 0; ; i++)
        {
            var lease = await LeaseAsync(id);
            if (lease.GetProperty("state").GetString() == state) return lease;
            Assert.True(i < seconds * 20, $"lease {id} is not {state}: {lease}");
            await Task.Delay(50);
        }
    }

    public async Task ActivateAsync(string yaml)
    {
        var reply = await OperatorAsync(HttpMethod.Put, "/v1/templates?file=test.yaml", yaml, "application/yaml");
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
    }

    public async Task<bool> IntrospectAsync(string credential)
    {
        var reply = await SendAsync(HttpMethod.Post, "/oauth2/introspect", _operatorToken(), new FormUrlEncodedContent([new("token", credential)]));
        return reply.Json.GetProperty("active").GetBoolean();
    }

    public async Task<Reply> SendAsync(HttpMethod method, string path, string? bearer, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (bearer is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _http.SendAsync(request);
        return new Reply(response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>A stream that stays open: only that it opened, or why it did not.</summary>
    public async Task<Reply> OpenAsync(string path, string? bearer)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (bearer is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return new Reply(response.StatusCode, response.IsSuccessStatusCode ? "" : await response.Content.ReadAsStringAsync());
    }

    public void Dispose() => _http.Dispose();
}
