using System.Text.Json;
using CredentialBroker.Attestation;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Selectors;

namespace CredentialBroker.Alarms.Sets;

/// <summary>What a subject identifier names here.</summary>
/// <param name="Selector">Null when nothing of it is known here.</param>
/// <param name="Unknown">Members that name what the broker does not know.</param>
internal sealed record AboutSubject(Selector? Selector, IReadOnlyList<string> Unknown);

/// <summary>
/// Subject identifiers (RFC 9493) as selectors: <c>opaque</c> is a lease, <c>iss_sub</c> and <c>uri</c> a workload, and the members of
/// a <c>complex</c> one (SSF 1.0 section 3) narrow each other. Formats that name people's accounts are known and mean nothing here.
/// </summary>
internal static class SubjectIds
{
    private static readonly string[] OfNothingHere = ["account", "aliases", "did", "email", "phone_number", "jwt_id", "saml_assertion_id", "ip-addresses"];

    public static AboutSubject? Read(JsonElement subject, out string? fault)
    {
        var terms = new List<Term>();
        var unknown = new List<string>();
        fault = Format(subject) == "complex" ? Complex(subject, terms, unknown) : Simple(subject, "subject", terms, unknown);
        if (fault is not null) return null;
        var about = AboutThing.Of(terms);
        if (about is not null || terms.Count == 0) return new AboutSubject(about, unknown);
        fault = "the subject has a text that cannot be sought";
        return null;
    }

    private static string? Complex(JsonElement subject, List<Term> terms, List<string> unknown)
    {
        var members = subject.EnumerateObject().Where(member => member.Name != "format").ToList();
        if (members.Count is 0 or > 8) return "a complex subject has 1 to 8 members";
        foreach (var member in members)
        {
            if (!Approvals.Text.IsEventId(member.Name) || Format(member.Value) is null or "complex") return "a member of the complex subject is no simple subject";
            if (Simple(member.Value, member.Name, terms, unknown) is { } fault) return fault;
        }

        return null;
    }

    private static string? Simple(JsonElement subject, string name, List<Term> terms, List<string> unknown)
    {
        switch (Format(subject))
        {
            case null:
                return "the subject has no format";
            case "opaque":
                if (Word(subject, "id") is not { } id) return "the opaque subject has no id";
                if (Ids.IsWellFormed(id)) terms.Add(AboutThing.Is("lease", id));
                else if (name == "device") terms.Add(AboutThing.Is("instance", id));
                else unknown.Add(name);
                return null;
            case "iss_sub":
                if (Word(subject, "iss") is not { } issuer || Word(subject, "sub") is not { } sub) return "the iss_sub subject lacks iss or sub";
                terms.AddRange([AboutThing.Is("issuer", issuer), AboutThing.Is("subject", sub)]);
                return null;
            case "uri":
                if (Word(subject, "uri") is not { } uri) return "the uri subject has no uri";
                terms.Add(AboutThing.Is("workload", uri));
                return null;
            case var other when OfNothingHere.Contains(other):
                unknown.Add(name);
                return null;
            default:
                return "the subject's format is not known";
        }
    }

    private static string? Format(JsonElement subject) => subject.ValueKind == JsonValueKind.Object ? subject.Text("format") : null;

    private static string? Word(JsonElement subject, string name) => subject.Text(name) is { Length: > 0 and <= 512 } text ? text : null;
}
