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
        INSERT INTO workloads (id, source, kind, uri, subject, instance, cluster, namespace, service_account, pod, node, strength, attributes, seen_at)
        VALUES (@id, @uri, 'kubernetes', @uri, @uri, @id, @optional, @optional, @optional, @optional, @optional, 1, '{}', 0)
        """,
        ("id", id), ("uri", uri), ("optional", optional));

    /// <summary>A lease for each value, with the optional dimensions absent in every third.</summary>
    public static async Task OfAllAsync(Replica replica, Random random)
    {
        for (var i = 0; i < Values.Length; i++)
        {
            var workload = $"w{i}";
            await SeenAsync(replica, workload, Values[i], i % 3 == 0 ? null : Pick(random));
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
                ApprovalId = Pick(random),
                DecisionId = Pick(random),
                Cause = i % 3 == 0 ? null : Pick(random),
                CreatedAt = 1_700_000_000_000 + (i * 1000),
                EndsAt = 1_700_000_100_000 + (i * 1000),
            });
        }
    }

    public static string Pick(Random random) => Values[random.Next(Values.Length)];
}
