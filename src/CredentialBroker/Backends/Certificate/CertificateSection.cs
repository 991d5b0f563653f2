using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.Certificate;

/// <summary>Compiles a template's <c>certificate</c> section against its target's allow-lists.</summary>
internal static class CertificateSection
{
    public const string Path = "backend.certificate";

    /// <summary>Name of the one scope; an intent may name it, and nothing else.</summary>
    private const string Identity = "identity";

    public static CertificateGrant? Compile(YamlMappingNode node, IReadOnlyDictionary<string, CertificateTarget> targets, Mistakes mistakes)
    {
        var before = mistakes.All.Count;
        var section = new Section(node, Path, mistakes);
        var name = section.Text("target", required: true);
        var path = section.Text("path", required: true);
        var parameters = ScopeParameterReader.Read(section, mistakes);
        var dnsNames = section.Texts("dnsNames");
        var usages = section.Texts("usages", required: true);
        section.RefuseOthers();
        if (name is null || path is null) return null;
        if (!targets.TryGetValue(name, out var target))
        {
            section.Mistake("target", "is no configured certificate target");
            return null;
        }

        if (!SpiffePath.IsTemplate(path)) section.Mistake("path", "must be a path such as /ns/{workload.namespace}/sa/checkout, of segments of letters, digits, .-_ and holes");
        else if (!target.Paths.Any(pattern => SpiffePath.IsWithin(path, pattern))) section.Mistake("path", $"is within no path that target {name} allows");
        else ScopeParameterReader.Match(section, "path", path, parameters);
        Within(dnsNames, target.DnsNames, "names", name, mistakes);
        Within(usages, target.Usages, "usages", name, mistakes);
        return mistakes.All.Count > before
            ? null
            : new CertificateGrant(
                name, target.TrustDomain, new NamedScope(Identity, path, parameters), [.. dnsNames.Select(d => d.Value)], [.. usages.Select(u => u.Value)], target.ChecksRevocation);
    }

    private static void Within(IReadOnlyList<(string Value, YamlNode At, string Path)> chosen, IReadOnlyList<string> allowed, string what, string target, Mistakes mistakes)
    {
        foreach (var (_, at, where) in chosen.Where(one => !allowed.Contains(one.Value, StringComparer.Ordinal)))
            mistakes.Add(at, where, $"is not among the {what} that target {target} allows");
    }
}
