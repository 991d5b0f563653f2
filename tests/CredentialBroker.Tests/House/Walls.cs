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
        ["Issuer"] = ["Storage", "Hosting"],
        ["Backends"] = ["Issuer", "Storage"],
        ["Templates"] = ["Backends", "Storage", "Audit"],
        ["Leases"] = ["Storage", "Audit", "Hosting"],
        ["Revocation"] = ["Leases", "Backends", "Issuer", "Controls", "Audit", "Storage"],
        ["Incidents"] = ["Storage", "Hosting", "Audit", "Leases", "Backends"],
        ["Exceptions"] = ["Storage", "Hosting", "Audit", "Controls", "Approvals", "Templates", "Leases"],
        ["Policy"] = ["Attestation", "Approvals", "Templates", "Controls", "Exceptions"],
        ["Issuance"] = ["Storage", "Hosting", "Audit", "Controls", "Attestation", "Approvals", "Issuer", "Backends", "Templates", "Leases", "Exceptions", "Policy"],
        ["Runtime"] = ["Attestation", "Approvals", "Leases", "Revocation", "Backends", "Audit", "Storage", "Hosting"],
        ["Configuration"] = ["Hosting", "Storage", "Audit", "Issuer", "Attestation", "Approvals", "Backends", "Exceptions", "Issuance"],
        ["Demo"] = ["Configuration", "Hosting", "Storage", "Issuer", "Attestation", "Approvals", "Backends", "Issuance"],
    };
}
