using System.Globalization;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Vault;

/// <summary>
/// The token of one lease: made empty-handed, known to ending by its accessor, and used once, to read what the lease is
/// for. It never leaves the broker, and is kept only until that read.
/// </summary>
/// <param name="DiesBy">When Vault ends it, and all that was read with it, at the latest; UTC milliseconds.</param>
/// <param name="Deadline">After this nothing is read with it, UTC milliseconds.</param>
internal sealed record LeaseToken(string Accessor, string Token, long DiesBy, long Deadline)
{
    /// <summary>Whole seconds until an order's end, less what the way to Vault may take: its clock starts when the call arrives.</summary>
    public static long SecondsUntil(long endsAt, long now)
    {
        var left = endsAt - now;
        return (left - Math.Min(left / 8, 1000)) / 1000;
    }

    public static string Ttl(long seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds}s");

    /// <summary>Vault rounds what is left when it answers.</summary>
    public static bool IsAsAsked(long given, long seconds) => seconds - given is 0 or 1;

    public static JsonObject Request(string brokerId, VaultTarget target, Order order, long seconds) => new()
    {
        ["policies"] = new JsonArray([.. target.Policies.Select(policy => (JsonNode)policy)]),
        ["no_default_policy"] = true,
        ["type"] = "service",
        ["renewable"] = true,
        ["ttl"] = Ttl(seconds),
        ["display_name"] = $"cb-{brokerId}-{order.LeaseId}",
        ["meta"] = new JsonObject
        {
            ["broker"] = brokerId,
            ["lease"] = order.LeaseId,
            ["workload"] = order.Facts.GetValueOrDefault(HeldFacts.Uri, ""),
            ["approval"] = order.Approval,
        },
    };

    /// <summary>The token, and why it is not one that a lease may have; null where it is in order.</summary>
    public static (LeaseToken? Token, string? Wrong) Read(VaultAnswer answer, VaultTarget target, Order order, long seconds, long now)
    {
        if (answer.Object("auth") is not { } auth || auth.Text("client_token") is not { } token
            || auth.Text("accessor") is not { } accessor || !VaultPath.IsAccessor(accessor) || auth.Seconds("lease_duration") is not { } given)
            return (null, "no token, or none with an accessor");
        var made = new LeaseToken(accessor, token, now + (given * 1000), order.Deadline);
        if (!auth.Truth("orphan")) return (made, "the token is no orphan: it would end with the broker's own login");
        if (auth.Text("token_type") != "service") return (made, "the token is not of type service, so that it could not be revoked by itself");
        if (!IsAsAsked(given, seconds)) return (made, "the token does not live as long as was asked; look at the token role's and mount's limits");
        if (auth.Texts("policies") is not { } policies || policies.Except(target.Policies).Any()) return (made, "the token has policies that the target does not name");
        return (made, null);
    }
}
