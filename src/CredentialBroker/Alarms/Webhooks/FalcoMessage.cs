using System.Globalization;
using System.Text.Json;
using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Protocol.Selectors;

namespace CredentialBroker.Alarms.Webhooks;

/// <summary>
/// An alert as Falco writes it with <c>json_output</c>. Its type is <c>falco:</c>, the priority and the rule. A pod is found by its UID
/// or by cluster, namespace and name; a container outside Kubernetes by its id, of which Falco shows the first twelve digits.
/// </summary>
internal static class FalcoMessage
{
    private const int LongestRule = 160;

    private static readonly string[] Priorities = ["emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"];

    public static Alarm? Read(AlarmSource source, string eventId, JsonElement message, out string? fault)
    {
        fault = null;
        if (message.Text("rule") is not { Length: > 0 and <= LongestRule } rule || !Text.IsPlain(rule)) return Fail("rule is missing, or no plain text of at most 160 characters", out fault);
        if (message.Text("priority")?.ToLowerInvariant() is not { } priority || !Priorities.Contains(priority)) return Fail("priority is none of Falco's", out fault);
        if (!message.TryGetProperty("output_fields", out var fields) || fields.ValueKind != JsonValueKind.Object) return Fail("output_fields is no object", out fault);
        long? at = null;
        if (message.Text("time") is { } time)
        {
            if (!DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var known)) return Fail("time is no time", out fault);
            at = known.ToUnixTimeMilliseconds();
        }

        List<Term> terms = [.. Thing(source, fields)];
        var about = AboutThing.Of(terms);
        if (about is null && terms.Count > 0) return Fail("a field has a text that cannot be sought", out fault);
        return new Alarm(eventId, $"falco:{priority}:{rule}", at, about, Process(fields));
    }

    private static IEnumerable<Term> Thing(AlarmSource source, JsonElement fields)
    {
        if (fields.Text("k8s.pod.uid") is { Length: > 0 } uid) return [AboutThing.Is("instance", uid)];
        if (fields.Text("k8s.ns.name") is { Length: > 0 } space && fields.Text("k8s.pod.name") is { Length: > 0 } pod)
        {
            Term[] named = [AboutThing.Is("namespace", space), AboutThing.Is("pod", pod)];
            return source.Options.Cluster is { } cluster ? [AboutThing.Is("cluster", cluster), .. named] : named;
        }

        return fields.Text("container.id") is { Length: >= 12 and <= 64 } id && id.All(char.IsAsciiHexDigitLower) ? [new Term("container", Comparison.StartsWith, [id], 0)] : [];
    }

    private static string? Process(JsonElement fields) => fields.Text("proc.name") is { Length: > 0 and <= 128 } name && Text.IsPlain(name) ? $"process {name}" : null;

    private static Alarm? Fail(string why, out string? fault)
    {
        fault = why;
        return null;
    }
}
