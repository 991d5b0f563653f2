using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace CredentialBroker.Backends.Aws;

/// <summary>One account of the stand-in: its users, roles, managed policies, identity providers and sessions.</summary>
internal sealed class StandInAccount(TimeProvider clock)
{
    public const string Id = "111122223333";
    public const string Region = "eu-central-1";
    private readonly Lock _lock = new();

    public DateTimeOffset Now => clock.GetUtcNow() + Ahead;

    /// <summary>How far the provider's clock is off the machine's.</summary>
    public TimeSpan Ahead { get; set; }

    /// <summary>Users by access key.</summary>
    public Dictionary<string, StandInUser> Users { get; } = [];

    public Dictionary<string, StandInRole> Roles { get; } = [];

    /// <summary>Managed policies by ARN.</summary>
    public Dictionary<string, PolicyDocument> Policies { get; } = [];

    /// <summary>Audience and key of identity providers, by issuer.</summary>
    public Dictionary<string, (string Audience, Microsoft.IdentityModel.Tokens.SecurityKey Key)> Providers { get; } = [];

    /// <summary>Sessions by access key.</summary>
    public Dictionary<string, StandInSession> Sessions { get; } = [];

    /// <summary>Attempts to take on a new role that are refused, as long as it is not known everywhere.</summary>
    public int Unknown { get; set; }

    public T Locked<T>(Func<T> read)
    {
        lock (_lock) return read();
    }

    public static string RoleArn(string name, string path = "/") => $"arn:aws:iam::{Id}:role{path}{name}";

    public static string UserArn(string name) => $"arn:aws:iam::{Id}:user/{name}";

    public StandInUser AddUser(string name, string policy)
    {
        var user = new StandInUser(name, $"AKIA{Random(16)}", RandomNumberGenerator.GetHexString(40), PolicyDocument.Read(policy, isTrust: false));
        Users[user.KeyId] = user;
        return user;
    }

    public StandInRole AddRole(string name, string trust, string policy, int longest = 3600)
    {
        var role = new StandInRole(name, "/", $"AROA{Random(17)}", PolicyDocument.Read(trust, isTrust: true)) { Longest = longest };
        role.Inline["permissions"] = policy;
        return Roles[name] = role;
    }

    /// <summary>Null when nobody has the key, or another token goes with it.</summary>
    public string? SecretOf(string keyId, string token) =>
        Users.TryGetValue(keyId, out var user) ? token.Length == 0 ? user.Secret : null
        : Sessions.TryGetValue(keyId, out var session) && session.Token == token ? session.Secret : null;

    /// <summary>Null when the session is over.</summary>
    public StandInCaller? CallerOf(string keyId)
    {
        if (Users.TryGetValue(keyId, out var user)) return new StandInCaller(user, null);
        var session = Sessions[keyId];
        return session.Expires > Now ? new StandInCaller(null, session) : null;
    }

    /// <summary>By every policy that has a say.</summary>
    public bool Allows(StandInCaller caller, string action, string resource)
    {
        if (caller.User is { } user) return user.Policy.Judge(action, resource, []) == Verdict.Allow;
        var session = caller.Session!;
        // A role that is gone takes its sessions with it.
        if (!Roles.TryGetValue(session.Role.Name, out var role) || role != session.Role) return false;
        var context = ContextOf(session);
        var own = role.Inline.Values.Select(text => PolicyDocument.Read(text, isTrust: false)).Concat(role.Attached.Select(arn => Policies[arn])).Select(policy => policy.Judge(action, resource, context)).ToList();
        var boundary = role.Boundary is { } arn ? Policies[arn].Judge(action, resource, context) : Verdict.Allow;
        var narrowing = session.Policies.Select(policy => policy.Judge(action, resource, context)).ToList();
        if (own.Append(boundary).Concat(narrowing).Contains(Verdict.Deny)) return false;
        return own.Contains(Verdict.Allow) && boundary == Verdict.Allow && (narrowing.Count == 0 || narrowing.Contains(Verdict.Allow));
    }

    public Dictionary<string, string> ContextOf(StandInSession session)
    {
        var context = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["aws:userid"] = $"{session.Role.Id}:{session.Name}", ["aws:TokenIssueTime"] = AwsStandIn.Time(session.Issued), ["aws:CurrentTime"] = AwsStandIn.Time(Now), ["aws:PrincipalArn"] = session.Role.Arn,
        };
        if (session.Identity is not null) context["aws:SourceIdentity"] = session.Identity;
        foreach (var (key, value) in session.Tags) context[$"aws:PrincipalTag/{key}"] = value;
        return context;
    }

    public static string Random(int length) => RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", length);

    public static string Everything => """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}""";

    public static string Trust(string principal, string? externalId = null)
    {
        var statement = new JsonObject
        {
            ["Effect"] = "Allow", ["Principal"] = new JsonObject { ["AWS"] = principal }, ["Action"] = new JsonArray("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"),
        };
        if (externalId is not null) statement["Condition"] = new JsonObject { ["StringEquals"] = new JsonObject { ["sts:ExternalId"] = externalId } };
        return new JsonObject { ["Version"] = "2012-10-17", ["Statement"] = new JsonArray(statement) }.ToJsonString();
    }
}

internal sealed record StandInUser(string Name, string KeyId, string Secret, PolicyDocument Policy)
{
    public string Arn => StandInAccount.UserArn(Name);
}

internal sealed record StandInRole(string Name, string Path, string Id, PolicyDocument Trust)
{
    public string Arn => StandInAccount.RoleArn(Name, Path);
    public int Longest { get; init; } = 3600;
    public string? Boundary { get; init; }
    public Dictionary<string, string> Inline { get; } = [];
    public HashSet<string> Attached { get; } = [];
    public Dictionary<string, string> Tags { get; } = [];
}

internal sealed record StandInSession(
    StandInRole Role, string Name, string KeyId, string Secret, string Token, DateTimeOffset Issued, DateTimeOffset Expires, string? Identity, IReadOnlyDictionary<string, string> Tags, IReadOnlyList<PolicyDocument> Policies);

internal sealed record StandInCaller(StandInUser? User, StandInSession? Session)
{
    /// <summary>As trust policies name it.</summary>
    public string Arn => User?.Arn ?? Session!.Role.Arn;
}
