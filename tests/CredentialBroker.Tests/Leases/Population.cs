using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Leases;

/// <summary>Instances and leases with awkward values, for selectors to tell apart.</summary>
internal static class Population
{
    /// <summary>Values that look alike, that are wildcards, quotes or statements elsewhere, or that are longer than they look.</summary>
    public static readonly string[] Values =
    [
        "a", "A", "ab", "a%", "a_", "%", "_", "", "ä", "🙂", "🙂b", "é", "e\u0301", "a'b", "a\"b", "a\\b", "'; DROP TABLE leases; --", "' OR 1=1 --", "@s0", "1", "2", "active", "null",
    ];

    public static Task SeenAsync(Replica replica, string id, string uri = "k8s://prod-eu/shop/checkout", string? optional = null) => replica.ExecuteAsync(
        """
        INSERT INTO workloads (id, source, kind, uri, subject, instance, cluster, namespace, service_account, pod, node, strength, attributes, seen_at, container, issuer)
        VALUES (@id, @uri, 'kubernetes', @uri, @uri, @id, @optional, @optional, @optional, @optional, @optional, 1, '{}', 0, @optional, @optional)
        """,
        ("id", id), ("uri", uri), ("optional", optional));

    /// <summary>A lease for each value, with the optional dimensions absent in every third.</summary>
    public static async Task OfAllAsync(Replica replica, Random random)
    {
        for (var i = 0; i < Values.Length; i++)
        {
            var (workload, approval, revision) = ($"w{i}", $"approval-{i}", $"revision-{i}");
            await SeenAsync(replica, workload, i % 4 == 0 ? $"spiffe://{Values[i]}" : Values[i], i % 3 == 0 ? null : Pick(random));
            if (i % 5 != 0) await ApprovedAsync(replica, approval, random, i % 3 == 0 ? null : Pick(random));
            await replica.ExecuteAsync(
                "INSERT INTO template_revisions (revision, name, activated_at, tier, owner) VALUES (@revision, 'x', 0, @tier, @owner)",
                ("revision", revision), ("tier", i % 3 == 0 ? null : Pick(random)), ("owner", i % 3 == 0 ? null : Pick(random)));
            await SomeLease.OpenAsync(replica, l => l with
            {
                WorkloadId = workload,
                State = (LeaseState)(1 + (i % 3)),
                Revocability = (Revocability)(i % 5),
                Template = Values[i],
                Backend = Pick(random),
                Target = Pick(random),
                Environment = Pick(random),
                Task = Values[Values.Length - 1 - i],
                ApprovalId = i % 5 == 1 ? Pick(random) : approval,
                TemplateRevision = revision,
                KeyId = i % 3 == 0 ? null : Pick(random),
                Agents = Some(random),
                DiesBy = 1_700_000_200_000 + (i * 1000),
                DecisionId = Pick(random),
                Cause = i % 3 == 0 ? null : Pick(random),
                CreatedAt = 1_700_000_000_000 + (i * 1000),
                EndsAt = 1_700_000_100_000 + (i * 1000),
            });
        }
    }

    /// <summary>None, one or several.</summary>
    private static string[] Some(Random random) => [.. Enumerable.Range(0, random.Next(4)).Select(_ => Pick(random))];

    private static Task ApprovedAsync(Replica replica, string id, Random random, string? image) => replica.ExecuteAsync(
        """
        INSERT INTO approvals (id, source, reference, state, environment, templates, workload_uri, binding, facts, tier, approvers, received_at, claim_by, valid_until, max_uses, uses, image_digest)
        VALUES (@id, 'x', @id, 1, 'x', '[]', 'x', 1, '{}', 'standard', @approvers, 0, 0, 0, 1, 0, @image)
        """,
        ("id", id), ("approvers", JsonLists.Write(Some(random))), ("image", image));

    public static string Pick(Random random) => Values[random.Next(Values.Length)];
}
