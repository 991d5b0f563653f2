using System.Text.Json;
using CredentialBroker.Storage;

namespace CredentialBroker.Attestation;

/// <summary>Instances as they were last proven. What is read here was evidence once, and is none now.</summary>
internal sealed class WorkloadRecords(Store store)
{
    public async Task<Workload?> FindAsync(string id, CancellationToken cancel) => (await store.ListAsync(Pool.Control, new Statement(
        "SELECT source, kind, uri, subject, instance, strength, attributes, issuer FROM workloads WHERE id = @id") { Values = [("id", id)] },
        row => new Workload(
            row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), (int)row.GetInt64(5),
            JsonSerializer.Deserialize<Dictionary<string, string>>(row.GetString(6))!, [], "on record", 0) { Issuer = row.IsDBNull(7) ? null : row.GetString(7) }, cancel)).SingleOrDefault();
}
