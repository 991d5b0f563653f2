using CredentialBroker.Protocol;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.Aws;

/// <summary>Compiles a template's <c>aws</c> section against its target's allow-list.</summary>
internal static class AwsSection
{
    public const string Path = "backend.aws";
    private const int MostPolicies = 10;

    public static AwsGrant? Compile(YamlMappingNode node, IReadOnlyDictionary<string, AwsTarget> targets, Mistakes mistakes)
    {
        var before = mistakes.All.Count;
        var section = new Section(node, Path, mistakes);
        var name = section.Text("target", required: true);
        AwsTarget? target = null;
        if (name is not null && !targets.TryGetValue(name, out target)) section.Mistake("target", "is no configured aws target");
        var role = ReadRole(section, target);
        var longest = ReadDuration(section, target);
        var policies = ReadPolicies(section, role, mistakes);
        var reader = new AwsScopeReader(mistakes);
        var scopes = section.Members("scopes").Select(scope => reader.Read(scope.Name, scope.Value, scope.Path)).OfType<AwsScope>().ToList();
        if (section.Node("scopes") is not null && section.Members("scopes").Count == 0) section.Mistake("scopes", "must name at least one");
        if (section.Node("scopes") is null && section.Text("mode") == "role") section.Mistake("scopes", "is missing: a role that is made for a lease may do what its scopes say");
        var probe = AwsProbe.Read(section, target, mistakes);
        section.RefuseOthers();
        if (mistakes.All.Count > before) return null;
        var grant = new AwsGrant(name!, role, longest, policies, scopes, probe, []);
        foreach (var scope in scopes.Where(scope => !(grant with { Statements = scope.Statements }).Fits)) section.Mistake($"scopes.{scope.Named.Name}", "is longer than AWS lets a policy be");
        return mistakes.All.Count > before ? null : grant;
    }

    private static string? ReadRole(Section section, AwsTarget? target)
    {
        var mode = section.Text("mode") ?? "condition";
        var role = section.Text("role", required: mode == "condition");
        if (mode is not ("condition" or "role")) section.Mistake("mode", "must be condition (a session of a role that is there) or role (a role made for each lease)");
        if (mode == "role" && role is not null) section.Mistake("role", "belongs to mode condition");
        if (mode == "role" && target is { LeaseRoles: null }) section.Mistake("mode", "makes roles, which the target does not allow (LeaseRoles)");
        if (mode == "condition" && role is not null && target is not null && !target.Roles.Contains(role)) section.Mistake("role", "is no role that the target allows");
        return mode == "role" ? null : role;
    }

    private static int ReadDuration(Section section, AwsTarget? target)
    {
        if (section.Text("duration") is not { } text) return AwsGrant.Shortest;
        var most = target?.Login.LongestSession ?? TimeSpan.FromHours(12);
        if (Durations.TryParse(text, out var duration) && duration.TotalSeconds >= AwsGrant.Shortest && duration <= most) return (int)duration.TotalSeconds;
        section.Mistake("duration", $"must be from 15m to {Durations.Format(most)}{(most == TimeSpan.FromHours(1) ? ", the most for a session made with another's credentials" : "")}");
        return AwsGrant.Shortest;
    }

    private static List<string> ReadPolicies(Section section, string? role, Mistakes mistakes)
    {
        var policies = new List<string>();
        foreach (var (value, at, path) in section.Texts("policyArns"))
        {
            if (!AwsArn.IsPolicy(value)) mistakes.Add(at, path, "must be the ARN of a policy");
            else if (policies.Contains(value)) mistakes.Add(at, path, "is named twice");
            else policies.Add(value);
        }

        if (policies.Count > MostPolicies) section.Mistake("policyArns", $"must be at most {MostPolicies}");
        if (policies.Count > 0 && role is null && section.Text("mode") == "role") section.Mistake("policyArns", "belongs to mode condition");
        return policies;
    }
}
