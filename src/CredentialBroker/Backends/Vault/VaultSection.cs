using CredentialBroker.Protocol;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.Vault;

/// <summary>Compiles a template's <c>vault</c> section against its target's allow-list.</summary>
internal static class VaultSection
{
    public const string Path = "backend.vault";
    private static readonly TimeSpan LongestRotation = TimeSpan.FromDays(90);

    public static VaultGrant? Compile(YamlMappingNode node, IReadOnlyDictionary<string, VaultTarget> targets, Mistakes mistakes)
    {
        var before = mistakes.All.Count;
        var section = new Section(node, Path, mistakes);
        var name = section.Text("target", required: true);
        VaultTarget? target = null;
        if (name is not null && !targets.TryGetValue(name, out target)) section.Mistake("target", "is no configured vault target");
        var engine = section.Text("engine", required: true) is { } word ? VaultEngine.Find(word) : null;
        if (engine is null && section.Text("engine") is not null) section.Mistake("engine", $"must be one of {string.Join(", ", VaultEngine.Words)}");

        var reader = new VaultReadReader(engine, target, mistakes);
        var scopes = section.Members("scopes").Select(scope => reader.ReadScope(scope.Name, scope.Value, scope.Path)).ToList();
        VaultRead? read = null;
        if (section.Node("scopes") is null) read = reader.Read(section, parameters: null);
        else if (scopes.Count == 0) section.Mistake("scopes", "must name at least one");
        var fields = ReadFields(section, mistakes);
        var rotated = ReadRotation(section, engine, target, mistakes);
        section.RefuseOthers();
        return mistakes.All.Count > before ? null : new VaultGrant(name!, engine!, read, [.. scopes.OfType<VaultScope>()], fields, rotated, target!.Paths);
    }

    private static List<string> ReadFields(Section section, Mistakes mistakes)
    {
        var fields = new List<string>();
        foreach (var (value, at, path) in section.Texts("fields"))
        {
            if (!VaultPath.IsSegment(value)) mistakes.Add(at, path, "must be a member's name of letters, digits and _.-");
            else if (fields.Contains(value)) mistakes.Add(at, path, "is named twice");
            else fields.Add(value);
        }

        return fields;
    }

    /// <summary>What no lease ends has somebody who changes it, and a time within which; both are part of the template.</summary>
    private static long ReadRotation(Section section, VaultEngine? engine, VaultTarget? target, Mistakes mistakes)
    {
        var node = section.Node("rotation");
        if (engine?.Word != VaultEngine.Static)
        {
            if (node is not null) section.Mistake("rotation", "belongs to engine kv; the others make credentials that end");
            return 0;
        }

        if (target is { AllowStaticSecrets: false }) section.Mistake("engine", "hands out a static secret, which the target does not allow (AllowStaticSecrets)");
        if (node is not YamlMappingNode map)
        {
            section.Mistake("rotation", "must name an owner who changes the secret, and within what time");
            return 0;
        }

        var rotation = new Section(map, section.PathOf("rotation"), mistakes);
        rotation.Text("owner", required: true);
        var within = rotation.Text("within", required: true);
        rotation.RefuseOthers();
        if (within is null) return 0;
        if (Durations.TryParse(within, out var time) && time > TimeSpan.Zero && time <= LongestRotation) return (long)time.TotalMilliseconds;
        rotation.Mistake("within", $"must be a duration of at most {LongestRotation.TotalDays:0} days");
        return 0;
    }
}
