using CredentialBroker.Backends.Wires;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.Azure;

/// <summary>Compiles a template's <c>azure</c> section against its target's allow-lists.</summary>
internal static class AzureSection
{
    public const string Path = "backend.azure";

    public static AzureGrant? Compile(YamlMappingNode node, IReadOnlyDictionary<string, AzureTarget> targets, Mistakes mistakes)
    {
        var before = mistakes.All.Count;
        var section = new Section(node, Path, mistakes);
        var name = section.Text("target", required: true);
        AzureTarget? target = null;
        if (name is not null && !targets.TryGetValue(name, out target)) section.Mistake("target", "is no configured azure target");
        var mode = section.Text("mode", required: true);
        if (mode is not null && !AzureGrant.Modes.Contains(mode)) section.Mistake("mode", $"must be one of {string.Join(", ", AzureGrant.Modes)}");
        var identity = ReadIdentity(section, target, mode);
        var audience = section.Text("audience", required: mode is AzureGrant.AccessToken or AzureGrant.RoleAssignment);
        if (mode == AzureGrant.ServicePrincipalSecret && audience is not null) section.Mistake("audience", "belongs to the modes that hand out a token; with a secret the workload chooses");
        else if (target is not null && audience is not null && !target.Audiences.Contains(audience)) section.Mistake("audience", "is none that the target allows");
        var (role, scopes) = new AzureRoleReader(target, mistakes).Read(section, mode);
        var probe = ReadProbe(section, target, mode);
        section.RefuseOthers();
        return mistakes.All.Count > before ? null : new AzureGrant(name!, mode!, identity!, audience, role, scopes, probe, new AzureLimits(target!.RoleScopes, target.TokenLife));
    }

    private static string? ReadIdentity(Section section, AzureTarget? target, string? mode)
    {
        var name = section.Text("identity", required: true);
        if (target is null || name is null) return name;
        if (!target.Identities.TryGetValue(name, out var identity)) section.Mistake("identity", "is none that the target allows");
        else if (mode == AzureGrant.ServicePrincipalSecret && !identity.AllowSecrets) section.Mistake("identity", "is one that the target lets nobody add secrets to (AllowSecrets)");
        else if (mode == AzureGrant.RoleAssignment && identity.PrincipalId is null) section.Mistake("identity", "is one whose PrincipalId the target does not tell");
        return name;
    }

    private static Uri? ReadProbe(Section section, AzureTarget? target, string? mode)
    {
        if (section.Text("probe") is not { } text) return null;
        if (mode == AzureGrant.ServicePrincipalSecret) section.Mistake("probe", "belongs to the modes that hand out a token; a secret is tried by logging in");
        if (Uri.TryCreate(text, UriKind.Absolute, out var probe) && (target is null || target.Probes.Any(below => BearerUse.IsBelow(probe, below)))) return probe;
        section.Mistake("probe", "must be an address that the target allows (Probes)");
        return null;
    }
}
