using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Leases;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Sidecar.Tests.TestInfra;

/// <summary>
/// Stands in for the broker: the routes that a workload may call, in the protocol's own types, with a broker's refusals,
/// limits and replays. What is not documented is refused and remembered. It can be down, slow, frozen, and lose answers.
/// </summary>
internal sealed class BrokerStandIn : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly WebApplication _app;
    private readonly Dictionary<string, (string LeaseId, string Body)> _claims = [];
    private int _minted;
    private int _number;
    private int _cut;

    private BrokerStandIn(WebApplication app, TimeProvider clock) => (_app, Clock) = (app, clock);

    public TimeProvider Clock { get; }

    public Uri Address { get; private set; } = null!;

    public Dictionary<string, StandInTemplate> Templates { get; } = The.All.ToDictionary(t => t.Name);

    public ConcurrentDictionary<string, StandInLease> Leases { get; } = new();

    /// <summary>Evidence that proves the one workload.</summary>
    public HashSet<string> Evidence { get; } = [The.Evidence];

    /// <summary>Thumbprints of certificates that prove the one workload.</summary>
    public ImmutableHashSet<string> Certificates { get; set; } = [];

    /// <summary>Every certificate that was shown, and with what.</summary>
    public ConcurrentQueue<(string Request, string Thumbprint)> Shown { get; } = new();

    public bool Approved { get; set; } = true;

    public bool Frozen { get; set; }

    /// <summary>Cuts every connection.</summary>
    public bool Down { get; set; }

    /// <summary>Whether the stream of events exists, as it does not at an older broker.</summary>
    public bool HasEvents { get; set; } = true;

    /// <summary>How many of the next claims are granted, with an answer that never comes.</summary>
    public int AnswersToLose { get; set; }

    /// <summary>Refuses claims with this code while it is set.</summary>
    public string? Refuses { get; set; }

    public TimeSpan? RetryAfter { get; set; }

    /// <summary>Credentials made, each counted once.</summary>
    public int Minted => _minted;

    public ConcurrentQueue<string> Requests { get; } = new();

    public ConcurrentQueue<string> Undocumented { get; } = new();

    public IEnumerable<StandInLease> Live => Leases.Values.Where(lease => lease.State == "active");

    /// <param name="certificate">Its own, where it is spoken to over TLS; it then takes client certificates too.</param>
    public static async Task<BrokerStandIn> StartAsync(TimeProvider? clock = null, int port = 0, X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, port, listen =>
        {
            if (certificate is not null) listen.UseHttps(https => (https.ServerCertificate, https.ClientCertificateMode, https.ClientCertificateValidation) = (certificate, ClientCertificateMode.AllowCertificate, (_, _, _) => true));
        }));
        var standIn = new BrokerStandIn(builder.Build(), clock ?? TimeProvider.System);
        standIn._app.Run(standIn.HandleAsync);
        await standIn._app.StartAsync();
        standIn.Address = new Uri(standIn._app.Urls.Single());
        return standIn;
    }

    /// <summary>Ends a lease as somebody else would.</summary>
    public void End(string id, string because)
    {
        lock (_gate)
        {
            var lease = Leases[id];
            (lease.State, lease.EndsBecause, lease.EndsAt) = ("ending", because, Clock.GetUtcNow());
        }
    }

    public async ValueTask DisposeAsync()
    {
        Down = true;
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext http)
    {
        if (Down)
        {
            http.Abort();
            return;
        }

        var path = http.Request.Path.Value!;
        Requests.Enqueue($"{http.Request.Method} {path}");
        if (http.Connection.ClientCertificate is { } shown) Shown.Enqueue(($"{http.Request.Method} {path}", shown.Thumbprint));
        if (http.Connection.ClientCertificate is { } known && Certificates.Contains(known.Thumbprint)) await RouteAsync(http, path);
        else if (http.Request.Headers.Authorization is not [var bearer] || !bearer!.StartsWith("Bearer ", StringComparison.Ordinal)) await RefuseAsync(http, 401, ReasonCodes.EvidenceMissing);
        else if (!Evidence.Contains(bearer["Bearer ".Length..])) await RefuseAsync(http, 401, ReasonCodes.EvidenceSignature);
        else await RouteAsync(http, path);
    }

    private Task RouteAsync(HttpContext http, string path) => (http.Request.Method, path.Split('/')[1..]) switch
    {
        ("POST", ["v1", "leases"]) => ClaimAsync(http),
        ("GET", ["v1", "leases", var id]) => ShowAsync(http, id),
        ("DELETE", ["v1", "leases", var id]) => EndAsync(http, id),
        ("POST", ["v1", "leases", var id, "renew"]) => RenewAsync(http, id),
        ("GET", ["v1", "workload", "events"]) when HasEvents => WatchAsync(http),
        _ => StrangeAsync(http),
    };

    private async Task ClaimAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        if (http.Request.ContentType != "application/json" || http.Request.Headers["Idempotency-Key"] is not [{ Length: > 0 and <= 255 } key]) throw Breach(http, "a claim is JSON with an Idempotency-Key");
        var text = Convert.ToBase64String(body.ToArray());
        var claim = JsonSerializer.Deserialize(body.ToArray(), ProtocolJson.Default.ClaimRequest) ?? throw Breach(http, "null");
        LeaseAnswer answer;
        lock (_gate)
        {
            if (_claims.TryGetValue(key!, out var before))
            {
                answer = new LeaseAnswer(Leases[before.LeaseId].View, null, Replayed: true);
                if (before.Body != text) answer = null!;
            }
            else if (Refusal(claim) is { } code)
            {
                answer = null!;
                http.Items["code"] = code;
            }
            else
            {
                var template = Templates[claim.Template];
                if (claim.Ttl is { } ttl) template = template with { Ttl = Durations.Parse(ttl) };
                var lease = new StandInLease($"lease{++_number:D21}", template, Clock.GetUtcNow());
                Leases[lease.Id] = lease;
                _claims[key!] = (lease.Id, text);
                answer = new LeaseAnswer(lease.View, Mint(template), Delivery: template.Delivery);
            }
        }

        if (answer is null)
        {
            var code = http.Items["code"] as string ?? ReasonCodes.IdempotencyMismatch;
            await RefuseAsync(http, StatusOf(code), code);
            return;
        }

        if (!answer.Replayed && AnswersToLose > 0)
        {
            AnswersToLose--;
            http.Abort();
            return;
        }

        await JsonAsync(http, answer.Replayed ? 200 : 201, answer, ProtocolJson.Default.LeaseAnswer);
    }

    private string? Refusal(ClaimRequest claim) =>
        Refuses is not null ? Refuses
        : !Approved ? ReasonCodes.NoApproval
        : Frozen ? ReasonCodes.Frozen
        : !Templates.TryGetValue(claim.Template, out var template) ? ReasonCodes.TemplateUnknown
        : claim.Ttl is { } ttl && Durations.Parse(ttl) > template.Ttl ? ReasonCodes.TtlTooLong
        : Live.Count(lease => lease.Template.Name == claim.Template && lease.EndsAt > Clock.GetUtcNow()) >= template.ConcurrentLeases ? ReasonCodes.ConcurrentLeases
        : null;

    private async Task RenewAsync(HttpContext http, string id)
    {
        if (http.Request.ContentLength > 0) await JsonSerializer.DeserializeAsync(http.Request.Body, ProtocolJson.Default.RenewRequest);
        string? code;
        LeaseAnswer? answer = null;
        lock (_gate)
        {
            var now = Clock.GetUtcNow();
            code = !Leases.TryGetValue(id, out var lease) ? ReasonCodes.LeaseUnknown
                : lease.State != "active" || lease.EndsAt <= now ? ReasonCodes.LeaseOver
                : Frozen ? ReasonCodes.Frozen
                : !Approved ? ReasonCodes.ApprovalWithdrawn
                : lease.Template.Renewal == StandInRenewal.None ? ReasonCodes.LeaseNotRenewable
                : lease.EndsAt >= lease.MaxEndsAt ? ReasonCodes.MaxTtlReached
                : null;
            if (code is null)
            {
                lease!.EndsAt = now + lease.Template.Ttl < lease.MaxEndsAt ? now + lease.Template.Ttl : lease.MaxEndsAt;
                answer = new LeaseAnswer(lease.View, lease.Template.Renewal == StandInRenewal.Reissue ? Mint(lease.Template) : null, Delivery: lease.Template.Delivery);
            }
        }

        if (answer is null) await RefuseAsync(http, StatusOf(code!), code!);
        else await JsonAsync(http, 200, answer, ProtocolJson.Default.LeaseAnswer);
    }

    private Task ShowAsync(HttpContext http, string id) => Leases.TryGetValue(id, out var lease) ? JsonAsync(http, 200, lease.View, ProtocolJson.Default.LeaseView) : RefuseAsync(http, 404, ReasonCodes.LeaseUnknown);

    private Task EndAsync(HttpContext http, string id)
    {
        if (!Leases.TryGetValue(id, out var lease)) return RefuseAsync(http, 404, ReasonCodes.LeaseUnknown);
        if (lease.State == "active") End(id, "revoked");
        return JsonAsync(http, 202, lease.View, ProtocolJson.Default.LeaseView);
    }

    /// <summary>Ends every stream that is open, as a broker does with the evidence that opened it.</summary>
    public void CutStreams() => Interlocked.Increment(ref _cut);

    private async Task WatchAsync(HttpContext http)
    {
        var cut = Volatile.Read(ref _cut);
        http.Response.ContentType = "text/event-stream";
        var told = new Dictionary<string, string>();
        while (!http.RequestAborted.IsCancellationRequested && !Down && cut == Volatile.Read(ref _cut))
        {
            foreach (var lease in Leases.Values)
            {
                var text = JsonSerializer.Serialize(lease.Standing(Frozen), ProtocolJson.Default.LeaseStanding);
                if (told.GetValueOrDefault(lease.Id) == text || (lease.State != "active" && !told.ContainsKey(lease.Id))) continue;
                told[lease.Id] = text;
                await http.Response.WriteAsync($"event: lease\ndata: {text}\n\n", http.RequestAborted);
            }

            await http.Response.WriteAsync("event: alive\ndata: {}\n\n", http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            await Task.Delay(20, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        http.Abort();
    }

    private JsonElement Mint(StandInTemplate template) =>
        JsonSerializer.SerializeToElement(template.Members(Interlocked.Increment(ref _minted)));

    private static int StatusOf(string code) => code switch
    {
        ReasonCodes.ConcurrentLeases or ReasonCodes.LeaseOver or ReasonCodes.LeaseNotRenewable => 409,
        ReasonCodes.LeaseUnknown => 404,
        ReasonCodes.IdempotencyMismatch => 422,
        ReasonCodes.ApprovalNotConfirmed => 425,
        ReasonCodes.Overloaded or ReasonCodes.MintFailed or ReasonCodes.TargetUnavailable => 503,
        _ => 403,
    };

    private Task RefuseAsync(HttpContext http, int status, string code)
    {
        if (RetryAfter is { } wait) http.Response.Headers.RetryAfter = ((int)wait.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
        return JsonAsync(http, status, new Problem { Title = code.Replace('_', ' '), Status = status, Code = code, Decision = "decision-1" }, ProtocolJson.Default.Problem, "application/problem+json");
    }

    private Task StrangeAsync(HttpContext http)
    {
        if (http.Request.Path != "/v1/workload/events") Breach(http, "no such route for a workload");
        return RefuseAsync(http, 404, ReasonCodes.NotFound);
    }

    private BadHttpRequestException Breach(HttpContext http, string what)
    {
        Undocumented.Enqueue($"{http.Request.Method} {http.Request.Path}: {what}");
        return new BadHttpRequestException(what);
    }

    private static Task JsonAsync<T>(HttpContext http, int status, T answer, JsonTypeInfo<T> type, string contentType = "application/json")
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        return http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(answer, type)).AsTask();
    }
}
