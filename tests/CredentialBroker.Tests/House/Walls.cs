namespace CredentialBroker.Tests.House;

/// <summary>Which rooms each room may use; the table of the design, with what building changed in it.</summary>
internal static class Walls
{
    public static IReadOnlyDictionary<string, string[]> Allowed { get; } = new Dictionary<string, string[]>
    {
        ["Storage"] = [],
        ["Hosting"] = ["Storage", "Attestation"],
        ["Audit"] = ["Storage", "Hosting"],
        ["Controls"] = ["Storage", "Audit", "Hosting"],
        ["Attestation"] = ["Storage"],
        ["Approvals"] = ["Storage", "Audit", "Attestation", "Hosting"],
        ["Clusters"] = ["Attestation", "Backends", "Storage"],
        ["Admission"] = ["Storage", "Hosting", "Audit", "Attestation", "Approvals", "Issuer", "Backends", "Clusters", "Leases"],
        ["Issuer"] = ["Storage", "Hosting"],
        ["Backends"] = ["Issuer", "Storage"],
        ["Templates"] = ["Backends", "Storage", "Audit"],
        ["Leases"] = ["Storage", "Audit", "Hosting"],
        ["Revocation"] = ["Leases", "Backends", "Issuer", "Controls", "Audit", "Storage"],
        ["Exceptions"] = ["Storage", "Hosting", "Audit", "Controls", "Approvals", "Templates", "Leases"],
        ["Policy"] = ["Attestation", "Approvals", "Templates", "Controls", "Exceptions"],
        ["Issuance"] = ["Storage", "Hosting", "Audit", "Controls", "Attestation", "Approvals", "Issuer", "Backends", "Templates", "Leases", "Exceptions", "Policy"],
        ["Proofs"] = ["Storage", "Hosting", "Audit", "Controls", "Attestation", "Issuer", "Backends", "Templates", "Leases", "Issuance"],
        ["Runtime"] = ["Clusters", "Admission", "Attestation", "Approvals", "Controls", "Leases", "Revocation", "Backends", "Audit", "Storage", "Hosting"],
        ["Signals"] = ["Storage", "Hosting", "Audit", "Issuer"],
        ["Uses"] = ["Storage", "Hosting", "Audit", "Leases"],
        ["Hosts"] = ["Storage", "Hosting", "Audit", "Attestation", "Approvals"],
        ["Incidents"] = ["Storage", "Hosting", "Audit", "Controls", "Backends", "Templates", "Leases", "Revocation", "Uses"],
        ["Alarms"] = ["Storage", "Hosting", "Audit", "Controls", "Attestation", "Approvals", "Issuer", "Backends", "Leases", "Incidents"],
        ["Reviews"] = ["Approvals", "Audit", "Controls", "Hosting", "Incidents", "Leases", "Runtime", "Storage", "Templates"],
        ["Configuration"] = ["Alarms", "Reviews", "Hosting", "Storage", "Audit", "Issuer", "Attestation", "Approvals", "Backends", "Exceptions", "Issuance", "Runtime", "Proofs", "Incidents", "Signals", "Uses", "Hosts", "Clusters", "Admission"],
        ["Demo"] = ["Configuration", "Hosting", "Storage", "Issuer", "Attestation", "Approvals", "Backends", "Issuance"],
    };
}
