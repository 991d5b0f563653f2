using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace CredentialBroker.Backends.Azure;

/// <summary>An application with its service principal, or a user-assigned identity.</summary>
internal sealed record StandInApplication(string ClientId, string PrincipalId)
{
    /// <summary>Issuer, subject and audience of what it trusts; 20 at the most.</summary>
    public List<(string Issuer, string Subject, string Audience)> FederatedCredentials { get; } = [];

    public List<StandInPassword> Passwords { get; } = [];

    /// <summary>Client ids of the applications it may change (Application.ReadWrite.OwnedBy).</summary>
    public HashSet<string> Owns { get; } = [];
}

internal sealed record StandInPassword(string KeyId, string? Name, DateTimeOffset Starts, DateTimeOffset Ends, string Text)
{
    /// <summary>A replica of the directory does not show it yet.</summary>
    public bool Hidden { get; set; }
}

internal sealed record StandInAssignment(string Id, string Scope, string Definition, string Principal, string? Description);

/// <summary>What a token says.</summary>
internal sealed record StandInToken(string ClientId, string PrincipalId, string Audience, DateTimeOffset Expires);

/// <summary>What the stand-in remembers, and which of its parts answers what.</summary>
internal sealed class AzureStandInState : IDisposable
{
    public const string Tenant = "aaaaaaaa-0000-4000-8000-000000000001";
    private readonly Lock _lock = new();
    private readonly StandInAuthority _authority;
    private readonly StandInGraph _graph;
    private readonly StandInResourceManager _resources;

    public AzureStandInState(Uri url, TimeProvider clock, Action<string> undocumented)
    {
        (Url, Clock, Undocumented) = (url, clock, undocumented);
        (_authority, _graph, _resources) = (new StandInAuthority(this), new StandInGraph(this), new StandInResourceManager(this));
    }

    public Uri Url { get; }
    public TimeProvider Clock { get; }
    public Action<string> Undocumented { get; }
    public DateTimeOffset Now => Clock.GetUtcNow();
    public Dictionary<string, StandInApplication> Applications { get; } = [];
    public Dictionary<string, StandInAssignment> Assignments { get; } = new(StringComparer.OrdinalIgnoreCase);
    public Dictionary<string, StandInToken> Tokens { get; } = [];
    public StandInAuthority Authority => _authority;

    /// <summary>How many role assignments one page lists.</summary>
    public int PageSize { get; set; } = 100;

    public StandInApplication Add(string clientId, string principalId) => Applications[clientId] = new StandInApplication(clientId, principalId);

    public T Locked<T>(Func<T> work)
    {
        lock (_lock) return work();
    }

    public async Task<AzureStandInReply> HandleAsync(HttpRequest request, string body)
    {
        var path = request.Path.Value!;
        // Keys of a federated issuer are fetched outside the lock.
        if (path == $"/{Tenant}/oauth2/v2.0/token") return await _authority.TokenAsync(request, body);
        return Locked(() =>
        {
            if (path.StartsWith("/v1.0/", StringComparison.Ordinal)) return _graph.Handle(request, body);
            if (path.StartsWith("/subscriptions/", StringComparison.Ordinal)) return _resources.Handle(request, body);
            if (path == "/secrets") return _resources.Vault(request);
            return Unknown(request);
        });
    }

    /// <summary>The bearer's token for this resource; null where it has none that holds.</summary>
    public StandInToken? Caller(HttpRequest request, string audience) =>
        request.Headers.Authorization.ToString() is { } header && header.StartsWith("Bearer ", StringComparison.Ordinal) && Tokens.TryGetValue(header["Bearer ".Length..], out var token)
        && token.Expires > Now && token.Audience == audience.TrimEnd('/')
            ? token
            : null;

    /// <summary>The principal has one of the roles at the scope or above it.</summary>
    public bool HasRole(string principal, string scope, params string[] roles) => Assignments.Values.Any(one =>
        one.Principal == principal && roles.Contains(one.Definition) && ($"{scope}/").StartsWith($"{one.Scope}/", StringComparison.OrdinalIgnoreCase));

    /// <summary>Every member is one that is documented for the call.</summary>
    public void Only(string call, JsonObject body, params string[] known)
    {
        foreach (var name in body.Select(member => member.Key).Except(known)) Undocumented($"{call}: {name}");
    }

    public AzureStandInReply Unknown(HttpRequest request)
    {
        Undocumented($"{request.Method} {request.Path}{request.QueryString}");
        return AzureStandInReply.Error(404, "NotFound", "no such call");
    }

    public void Dispose() => _authority.Dispose();
}
