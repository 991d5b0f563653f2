using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Vault;

namespace CredentialBroker.Benchmarks;

/// <summary>The calls that the broker makes for one lease, and nothing else: no approval, no policy, no record.</summary>
internal sealed class BareVaultClient : IDisposable
{
    private readonly VaultRig _rig;
    private readonly HttpClient _http;

    public BareVaultClient(VaultRig rig)
    {
        _rig = rig;
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { BaseAddress = new Uri(rig.Target.Address!, "/v1/") };
        _http.DefaultRequestHeaders.Add("X-Vault-Request", "true");
    }

    public async Task<LoadResult> RunAsync(int clients, TimeSpan duration)
    {
        var began = Stopwatch.GetTimestamp();
        var took = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            var mine = new List<double>();
            while (Stopwatch.GetElapsedTime(began) < duration)
            {
                var sent = Stopwatch.GetTimestamp();
                await LeaseAsync();
                mine.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            }

            return mine;
        })));
        var all = took.SelectMany(mine => mine).ToList();
        return new LoadResult(all.Count, 0, Stopwatch.GetElapsedTime(began), Measurement.Percentile(all, 0.5), Measurement.Percentile(all, 0.99), new Dictionary<int, long> { [200] = all.Count });
    }

    public void Dispose() => _http.Dispose();

    private async Task LeaseAsync()
    {
        var made = await CallAsync($"auth/token/create/{_rig.Target.TokenRole}", VaultStandIn.RootToken, new JsonObject
        {
            ["policies"] = new JsonArray(_rig.Target.Policies[0]), ["no_default_policy"] = true, ["type"] = "service", ["renewable"] = true, ["ttl"] = "900s",
        });
        var read = await CallAsync(_rig.Path, made.GetProperty("auth").GetProperty("client_token").GetString()!, null);
        await CallAsync("sys/leases/renew", VaultStandIn.RootToken, new JsonObject { ["lease_id"] = read.GetProperty("lease_id").GetString(), ["increment"] = 900 });
    }

    private async Task<JsonElement> CallAsync(string path, string token, JsonObject? body)
    {
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("X-Vault-Token", token);
        using var answer = await _http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}
