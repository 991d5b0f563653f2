using System.Globalization;

namespace CredentialBroker.Reviews.Identity;

/// <summary>Check 1 (R54): who it is at run time: service account, tokens by audience, SPIFFE ID, roles of clouds, the node's own identity.</summary>
internal static class RuntimeIdentity
{
    /// <summary>Annotations by which a service account becomes an identity of a cloud.</summary>
    public static readonly (string Annotation, string Cloud)[] Clouds =
    [
        ("eks.amazonaws.com/role-arn", "AWS role"), ("azure.workload.identity/client-id", "Azure client"), ("iam.gke.io/gcp-service-account", "Google service account"),
    ];

    private static readonly string[] SpiffeAnnotations = ["spiffe.io/spiffe-id", "spiffeid.spiffe.io/spiffe-id"];

    public static void Look(Subject subject, Notes notes, Held held)
    {
        notes.Item($"service account {subject.Workload}");
        if (subject.Account == "default") notes.Fail("it runs as the namespace's default service account, which whatever names none shares");
        if (subject.ServiceAccount is not { } account) notes.Unknown($"the ServiceAccount {subject.Space}/{subject.Account} is not in the documents, so that its roles of clouds are not known");
        else foreach (var role in CloudRoles(account))
        {
            notes.Item(role);
            held.NotLeased.Add(role);
        }

        foreach (var (run, spec) in subject.Specs)
        {
            Tokens(subject, spec, notes, held);
            foreach (var id in SpiffeAnnotations.Select(name => run.Pod["metadata"]["annotations"][name].Name).OfType<string>()) notes.Item($"SPIFFE ID {id}");
            if (spec["volumes"].Items.Any(volume => volume["csi"]["driver"].Text == "csi.spiffe.io"))
            {
                notes.Item("SPIFFE ID from the workload API");
                held.HasEvidence = true;
            }

            if (spec["hostNetwork"].Truth == true) notes.Fail($"{run.Title} is on the node's network, and so reaches what the node's own identity is asked from");
            else if (!Metadata.IsShutOff(subject, run)) notes.Unknown($"whether {run.Title} reaches the node's cloud identity: no network policy shuts off {Metadata.Address}, and the node's hop limit and role are not in the documents");
            else notes.Item("the node's cloud identity is shut off by a network policy");
        }
    }

    public static IEnumerable<string> CloudRoles(Manifest account) => Clouds.Select(cloud => account.Annotation(cloud.Annotation) is { } value ? $"{cloud.Cloud} {value}" : null).OfType<string>();

    private static void Tokens(Subject subject, Tree spec, Notes notes, Held held)
    {
        if (subject.Automounts(spec))
        {
            notes.Item("token for the API server, automounted");
            held.NotLeased.Add("token for the API server, automounted");
        }

        foreach (var token in spec["volumes"].Items.Where(volume => !Subject.IsAutomount(volume)).SelectMany(volume => volume["projected"]["sources"].Items).Select(source => source["serviceAccountToken"]).Where(token => token.Exists))
        {
            var audience = token["audience"].Name ?? "the API server";
            notes.Item(string.Create(CultureInfo.InvariantCulture, $"token for {audience}, {token["expirationSeconds"].Number ?? 3600} s"));
            if (subject.Around.Audiences.Contains(audience)) held.HasEvidence = true;
            else held.NotLeased.Add($"token for {audience}");
        }
    }
}
