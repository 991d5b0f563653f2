using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace CredentialBroker.Backends.Gcp;

/// <summary>What a token stands for.</summary>
/// <param name="Members">How policies may name its principal.</param>
internal sealed record StandInGoogleToken(IReadOnlyList<string> Members, IReadOnlyList<string> Scopes, DateTimeOffset Expires, JsonObject? Boundary = null);

/// <summary>What the stand-in remembers, and which of its parts answers what.</summary>
internal sealed class GcpStandInState : IDisposable
{
    public const string Pool = "projects/123456789/locations/global/workloadIdentityPools/credbroker";
    public const string Provider = $"//iam.googleapis.com/{Pool}/providers/credbroker";
    private readonly Lock _lock = new();
    private readonly StandInSts _sts;
    private readonly StandInStorage _storage;

    public GcpStandInState(TimeProvider clock, Action<string> undocumented)
    {
        (Clock, Undocumented) = (clock, undocumented);
        (_sts, _storage) = (new StandInSts(this), new StandInStorage(this));
    }

    public TimeProvider Clock { get; }
    public Action<string> Undocumented { get; }
    public DateTimeOffset Now => Clock.GetUtcNow();
    public StandInSts Sts => _sts;
    public Dictionary<string, StandInGoogleToken> Tokens { get; } = [];

    /// <summary>Who has which role where: a service account's e-mail address, or a bucket's name.</summary>
    public List<(string On, string Member, string Role)> Grants { get; } = [];

    /// <summary>Members that a deny policy names.</summary>
    public HashSet<string> Denied { get; } = [];

    public T Locked<T>(Func<T> work)
    {
        lock (_lock) return work();
    }

    public async Task<GcpStandInReply> HandleAsync(HttpRequest request, string body)
    {
        var path = request.Path.Value!;
        if (path == "/token") return await _sts.SignedAsync(request, body);
        if (path == "/v1/token") return await _sts.ExchangeAsync(request, body);
        return Locked(() =>
        {
            if (path.StartsWith("/v1/projects/", StringComparison.Ordinal)) return _storage.Impersonate(request, body);
            return path.StartsWith("/storage/v1/b/", StringComparison.Ordinal) ? _storage.Objects(request) : Unknown(request);
        });
    }

    public string NewToken(StandInGoogleToken token)
    {
        var value = $"ya29.{RandomNumberGenerator.GetHexString(80)}";
        Tokens[value] = token;
        return value;
    }

    public StandInGoogleToken? Caller(HttpRequest request) =>
        request.Headers.Authorization.ToString() is { } header && header.StartsWith("Bearer ", StringComparison.Ordinal) && Find(header["Bearer ".Length..]) is { } token ? token : null;

    public StandInGoogleToken? Find(string value) => Tokens.TryGetValue(value, out var token) && token.Expires > Now ? token : null;

    public bool Has(StandInGoogleToken token, string on, string role) =>
        !token.Members.Any(Denied.Contains) && Grants.Any(grant => grant.On == on && grant.Role == role && token.Members.Contains(grant.Member));

    public GcpStandInReply Unknown(HttpRequest request)
    {
        Undocumented($"{request.Method} {request.Path}{request.QueryString}");
        return GcpStandInReply.Error(404, "NOT_FOUND", "no such call");
    }

    /// <summary>A body that is one strict JSON object, or null.</summary>
    public static JsonObject? Parse(string body)
    {
        try
        {
            return JsonNode.Parse(body, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public void Dispose() => _sts.Dispose();
}
