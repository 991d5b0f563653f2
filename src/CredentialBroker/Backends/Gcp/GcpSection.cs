using CredentialBroker.Backends.Wires;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.Gcp;

/// <summary>Compiles a template's <c>gcp</c> section against its target's allow-lists.</summary>
internal static class GcpSection
{
    public const string Path = "backend.gcp";

    public static GcpGrant? Compile(YamlMappingNode node, IReadOnlyDictionary<string, GcpTarget> targets, Mistakes mistakes)
    {
        var before = mistakes.All.Count;
        var section = new Section(node, Path, mistakes);
        var name = section.Text("target", required: true);
        GcpTarget? target = null;
        if (name is not null && !targets.TryGetValue(name, out target)) section.Mistake("target", "is no configured gcp target");
        var mode = section.Text("mode", required: true);
        if (mode is not null && !GcpGrant.Modes.Contains(mode)) section.Mistake("mode", $"must be one of {string.Join(", ", GcpGrant.Modes)}");
        if (mode == GcpGrant.Federated && target is { Login.Method: not GcpLogin.Federation }) section.Mistake("mode", "needs a target whose Login:Method is federation");
        var account = Chosen(section, "serviceAccount", mode == GcpGrant.Impersonated, target?.ServiceAccounts, GcpGrant.Impersonated);
        var group = Chosen(section, "group", mode == GcpGrant.Federated, target?.Groups, GcpGrant.Federated);
        var oauth = new List<string>();
        foreach (var (value, at, path) in section.Texts("oauthScopes", required: true))
        {
            if (target is not null && !target.Scopes.Contains(value)) mistakes.Add(at, path, "is none that the target allows");
            else oauth.Add(value);
        }

        var (boundary, scopes) = new BoundaryReader(target, mistakes).Read(section);
        var probe = ReadProbe(section, target);
        section.RefuseOthers();
        return mistakes.All.Count > before ? null : new GcpGrant(name!, mode!, account, group, oauth, boundary, scopes, probe, new GcpLimits(target!.Buckets, target.TokenLife));
    }

    /// <summary>A member of one mode only, and of what the target allows.</summary>
    private static string? Chosen(Section section, string member, bool belongs, IReadOnlyList<string>? allowed, string mode)
    {
        var value = section.Text(member, required: belongs);
        if (value is null) return null;
        if (!belongs) section.Mistake(member, $"belongs to mode {mode}");
        else if (allowed?.Contains(value) == false) section.Mistake(member, "is none that the target allows");
        return value;
    }

    private static Uri? ReadProbe(Section section, GcpTarget? target)
    {
        if (section.Text("probe") is not { } text) return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out var probe) && (target is null || target.Probes.Any(below => BearerUse.IsBelow(probe, below)))) return probe;
        section.Mistake("probe", "must be an address that the target allows (Probes)");
        return null;
    }
}
