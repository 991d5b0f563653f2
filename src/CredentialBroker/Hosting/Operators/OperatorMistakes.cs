using CredentialBroker.Attestation;
using CredentialBroker.Protocol.Selectors;

namespace CredentialBroker.Hosting;

/// <summary>Every mistake of section <c>Operators</c>.</summary>
internal static class OperatorMistakes
{
    private const string Section = "Operators";

    private static readonly TimeSpan LongestLife = TimeSpan.FromHours(12);

    /// <summary>A role is narrowed by what a thing is, not by what becomes of it: else a lease would slip in and out of reach.</summary>
    private static readonly string[] Passing = ["lease", "state", "decision", "cause", "issued", "ends"];

    private static readonly string[] CertificateClaims = ["uri", "dns", "email", "subject"];

    /// <param name="taken">Audiences of everybody who is no operator, with the configuration path of each.</param>
    /// <param name="own">The issuers that the broker is itself.</param>
    public static IEnumerable<string> Validate(this OperatorOptions options, IEnumerable<(string Path, string Audience)> taken, OwnIssuers own)
    {
        if (string.IsNullOrWhiteSpace(options.BootstrapTokenFile)) yield return $"{Section}:BootstrapTokenFile: required";
        if (options.FailedLoginsPerMinute is < 1 or > 10_000) yield return $"{Section}:FailedLoginsPerMinute: outside 1 to 10000";
        foreach (var mistake in People(options)) yield return mistake;
        var others = taken.ToList();
        var issuers = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, issuer) in options.Issuers)
        {
            var path = $"{Section}:Issuers:{name}";
            foreach (var mistake in (string[])[.. Names(path, name), .. Issuer(path, issuer, own), .. Audience(path, issuer, others), .. Keys(path, issuer), .. Rules(path, issuer), .. Roles(path, issuer.Roles, null)]) yield return mistake;
            if (!issuers.Add(issuer.Issuer)) yield return $"{path}:Issuer: is also another's; one issuer is configured once";
        }

        foreach (var (name, set) in options.Certificates)
        {
            var path = $"{Section}:Certificates:{name}";
            foreach (var mistake in (string[])[.. Names(path, name), .. Roles(path, set.Roles, CertificateClaims)]) yield return mistake;
            if (!Path.IsPathFullyQualified(set.CaFile)) yield return $"{path}:CaFile: must be an absolute path";
            else if (Authorities.Mistake(set.CaFile) is { } mistake) yield return $"{path}:CaFile: {mistake}";
        }
    }

    private static IEnumerable<string> Names(string path, string name)
    {
        if (!DnsNames.Label(name)) yield return $"{path}: a name has only lower-case letters, digits and inner hyphens, at most 63";
    }

    private static IEnumerable<string> People(OperatorOptions options)
    {
        string[] issuers = [.. options.Issuers.Values.Select(issuer => issuer.Issuer), .. options.Certificates.Keys.Select(name => $"certificate:{name}")];
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, person) in options.People)
        {
            var path = $"{Section}:People:{name}";
            foreach (var mistake in Names(path, name)) yield return mistake;
            if (person.Logins.Length == 0) yield return $"{path}:Logins: required; the logins that are this person's";
            foreach (var (index, login) in person.Logins.Index())
            {
                if (!issuers.Any(issuer => login.Length > issuer.Length + 1 && login.StartsWith($"{issuer}#", StringComparison.Ordinal))) yield return $"{path}:Logins:{index}: must be a configured issuer or certificate:NAME, then # and the subject";
                else if (!taken.Add(login)) yield return $"{path}:Logins:{index}: is named twice; a login is one person's";
            }
        }
    }

    private static IEnumerable<string> Issuer(string path, OperatorIssuerOptions options, OwnIssuers own)
    {
        if (own.Include(options.Issuer)) yield return $"{path}:Issuer: is this broker itself; what it signed makes nobody an operator";
        else if (!ReachableAddress.AllowsUrl(options.Issuer, options.AllowLoopback) || options.Issuer.Contains('?', StringComparison.Ordinal)) yield return $"{path}:Issuer: must be an https URL without user, query and fragment";
    }

    private static IEnumerable<string> Audience(string path, OperatorIssuerOptions options, List<(string Path, string Audience)> taken)
    {
        if (!ClaimForms.Name(options.Audience)) yield return $"{path}:Audience: required; a name for operating this broker, printable and without spaces and quotes";
        foreach (var other in taken.Where(t => string.Equals(t.Audience, options.Audience, StringComparison.OrdinalIgnoreCase)))
        {
            yield return $"{path}:Audience: is the audience of {other.Path}; operators have one of their own";
        }
    }

    private static IEnumerable<string> Keys(string path, OperatorIssuerOptions options)
    {
        if (options.JwksFile is null == options.JwksUrl is null) yield return $"{path}: name either JwksFile or JwksUrl; keys are never looked up through the token";
        if (options.JwksFile is { } file && !Path.IsPathFullyQualified(file)) yield return $"{path}:JwksFile: must be an absolute path";
        if (options.JwksUrl is { } url && !ReachableAddress.AllowsUrl(url, options.AllowLoopback)) yield return $"{path}:JwksUrl: must be an https URL without user and fragment, and not on this machine or a link-local address";
    }

    private static IEnumerable<string> Rules(string path, OperatorIssuerOptions options)
    {
        if (options.EffectiveAlgorithms.Count == 0 || options.EffectiveAlgorithms.Except(TokenAlgorithms.All, StringComparer.Ordinal).Any()) yield return $"{path}:Algorithms: must name one or more of {string.Join(", ", TokenAlgorithms.All)}";
        if (options.EffectiveTypes.Count == 0 || options.EffectiveTypes.Any(type => type.Length > 64)) yield return $"{path}:TokenTypes: must name one or more types of at most 64 characters; an empty one allows tokens without typ";
        if (options.MaxLifetime <= TimeSpan.Zero || options.MaxLifetime > LongestLife) yield return $"{path}:MaxLifetime: must be more than zero and at most {LongestLife.TotalHours} h";
    }

    /// <param name="claims">The claims there are; null where the issuer makes them.</param>
    private static IEnumerable<string> Roles(string path, List<RoleBindingOptions> roles, string[]? claims)
    {
        if (roles.Count == 0) yield return $"{path}:Roles: required; without one nobody may do anything";
        foreach (var (index, role) in roles.Index())
        {
            var here = $"{path}:Roles:{index}";
            if (!Enum.GetNames<Role>().Contains(role.Role, StringComparer.OrdinalIgnoreCase)) yield return $"{here}:Role: '{role.Role}' is none of {string.Join(", ", Enum.GetNames<Role>()).ToLowerInvariant()}";
            if (role.Match.Count == 0) yield return $"{here}:Match: required; without a claim to match, everybody would have the role";
            foreach (var (at, match) in role.Match.Index())
            {
                if (match.Claim.Length == 0 || (claims is not null && !claims.Contains(match.Claim, StringComparer.Ordinal))) yield return $"{here}:Match:{at}:Claim: must be {(claims is null ? "a claim's name" : $"one of {string.Join(", ", claims)}")}";
                if (match.Values.Length == 0 || match.Values.Any(string.IsNullOrWhiteSpace)) yield return $"{here}:Match:{at}:Values: required; the values that count";
            }

            foreach (var mistake in Narrowing(here, role.Selector)) yield return mistake;
        }
    }

    private static IEnumerable<string> Narrowing(string path, string? text)
    {
        if (text is null) yield break;
        if (!Selector.TryParse(text, out var selector, out var error)) yield return $"{path}:Selector: {error}";
        else if (selector.Terms.FirstOrDefault(term => Passing.Contains(term.Key)) is { } term) yield return $"{path}:Selector: at {term.Position}: '{term.Key}' is known of a lease only, and a role reaches more; narrow it by what things are";
        else if (selector.MatchesNothing) yield return $"{path}:Selector: matches nothing";
    }
}
