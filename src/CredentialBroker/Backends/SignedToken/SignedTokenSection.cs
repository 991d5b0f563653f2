using System.Text.RegularExpressions;
using CredentialBroker.Issuer;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.SignedToken;

/// <summary>Compiles a template's <c>signed-token</c> section against its target's allow-list.</summary>
internal static partial class SignedTokenSection
{
    public const string Path = "backend.signed-token";

    /// <summary>Claims with a meaning of their own to verifiers; the broker sets them or nobody does.</summary>
    private static readonly HashSet<string> Registered = new(StringComparer.OrdinalIgnoreCase)
    {
        "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "lease", "scope", "scp", "act", "may_act", "client_id", "azp", "cnf", "nonce", "typ",
        "auth_time", "acr", "amr", "sid", "events", "toe", "txn", "token_type", "authorization_details", "entitlements", "roles", "groups",
        "email", "email_verified", "preferred_username", "status",
    };

    public static SignedTokenGrant? Compile(YamlMappingNode node, IReadOnlyDictionary<string, SignedTokenTarget> targets, ReservedAudiences reserved, Mistakes mistakes)
    {
        var before = mistakes.All.Count;
        var section = new Section(node, Path, mistakes);
        var target = section.Text("target", required: true);
        var audience = section.Text("audience", required: true);
        if (target is not null && !targets.ContainsKey(target)) section.Mistake("target", "is no configured signed-token target");
        if (audience is not null && reserved.Include(audience))
            section.Mistake("audience", "is reserved for the broker's own federation");
        else if (audience is not null && target is not null && targets.TryGetValue(target, out var options)
                 && !options.Audiences.Contains(audience, StringComparer.Ordinal))
            section.Mistake("audience", $"is not among the audiences that target {target} allows");

        var constraint = section.Text("senderConstraint") switch
        {
            null or "none" => SenderConstraint.None,
            "dpop" => SenderConstraint.Dpop,
            "mtls" => SenderConstraint.Mtls,
            _ => (SenderConstraint?)null,
        };
        if (constraint is null) section.Mistake("senderConstraint", "must be none, dpop or mtls");
        var claims = new Dictionary<string, string>();
        foreach (var (name, value, path) in section.Members("claims")) ReadClaim(name, value, path, claims, mistakes);
        var scopes = section.Members("scopes").Select(scope => TokenScopeReader.Read(scope.Name, scope.Value, scope.Path, mistakes)).ToList();
        section.RefuseOthers();
        return mistakes.All.Count > before ? null : new SignedTokenGrant(target!, audience!, scopes!, claims, constraint!.Value);
    }

    private static void ReadClaim(string name, YamlNode value, string path, Dictionary<string, string> claims, Mistakes mistakes)
    {
        if (!ClaimName().IsMatch(name)) mistakes.Add(value, path, "a claim's name has 1 to 64 letters, digits, and ._:/-");
        else if (Registered.Contains(name)) mistakes.Add(value, path, "is a registered claim; only the broker sets it");
        else if (value is not YamlScalarNode { Value: { Length: > 0 and <= 256 } text } || text.Any(char.IsControl))
            mistakes.Add(value, path, "must be a text of 1 to 256 characters");
        else if (!Holes.AreWellFormed(text)) mistakes.Add(value, path, "has a brace that belongs to no hole");
        // A claim stands whatever scopes are chosen, so only facts can fill it.
        else if (Holes.In(text).FirstOrDefault(hole => !hole.StartsWith(Holes.FactPrefix, StringComparison.Ordinal)) is { } hole)
            mistakes.Add(value, path, $"{{{hole}}} is no fact; claims take facts only, such as {{workload.namespace}}");
        else claims[name] = text;
    }

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_.:/-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ClaimName();
}
