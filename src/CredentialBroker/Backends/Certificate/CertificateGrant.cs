using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Certificate;

/// <summary>A certificate for one SPIFFE ID.</summary>
/// <param name="TrustDomain">The target's.</param>
/// <param name="Identity">The one scope that there is: the path of the ID, filled after narrowing.</param>
/// <param name="DnsNames">DNS names beside it.</param>
/// <param name="Usages"><c>client</c>, <c>server</c> or both.</param>
/// <param name="ChecksRevocation">Whether those who honour it check the revocation list.</param>
internal sealed record CertificateGrant(
    string Target, string TrustDomain, NamedScope Identity, IReadOnlyList<string> DnsNames, IReadOnlyList<string> Usages, bool ChecksRevocation) : Grant(Target)
{
    public string SpiffeId => $"spiffe://{TrustDomain}{Identity.Text}";

    public override IReadOnlyList<Privilege> Privileges =>
        [new(CertificateBackend.Word, Target, SpiffeId, [.. Usages.Select(usage => $"authenticate as {usage}"), .. DnsNames.Select(name => $"dns:{name}")])];

    public override Narrowed Narrow(Intent? asked, Intent? approved, IReadOnlyDictionary<string, string> facts)
    {
        NamedScope[] all = [Identity];
        if (IntentScopes.Choose(all, scope => scope.Name, asked, approved, out var chosen) is { } refused) return refused;
        if (ScopeParameters.Merge(all, chosen, asked, approved, out var parameters) is { } wrong) return wrong;
        var path = SpiffePath.Fill(Identity.Text, hole => hole.StartsWith(Holes.FactPrefix, StringComparison.Ordinal)
            ? facts.GetValueOrDefault(hole)
            : parameters.GetValueOrDefault(hole), out var unfilled);
        return path is null
            ? new Narrowed.Refused(ReasonCodes.ParameterRefused, $"{{{unfilled}}} has no value, or one that is not part of one segment of a path")
            : new Narrowed.To(this with { Identity = Identity with { Text = path, Parameters = NoParameters } });
    }

    private static readonly Dictionary<string, ScopeParameter> NoParameters = [];
}
