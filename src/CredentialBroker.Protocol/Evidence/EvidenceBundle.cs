namespace CredentialBroker.Protocol.Evidence;

/// <summary>
/// What the broker can show about one lease, or one period, to somebody who has its verification key and nothing else:
/// the records, a proof for each that it is in the tree of a signed checkpoint, and a signature over all of it.
/// </summary>
/// <param name="Form"><see cref="CurrentForm"/>.</param>
/// <param name="About">What it is about.</param>
/// <param name="Key">Name and id of the key that signed checkpoint and bundle.</param>
/// <param name="Checkpoint">The signed checkpoint, see <see cref="Evidence.Checkpoint"/>.</param>
/// <param name="Records">In the order of the tree.</param>
/// <param name="Signature">Over the bundle with an empty signature; ECDSA P-256 with SHA-256, DER, base64.</param>
public sealed record EvidenceBundle(string Form, BundleSubject About, string Key, string Checkpoint, IReadOnlyList<ProvenRecord> Records, string Signature)
{
    /// <summary>How bundles of this version begin.</summary>
    public const string CurrentForm = "credbroker-evidence/1";
}

/// <summary>What a bundle is about: a lease, or a period.</summary>
/// <param name="Lease">Id of the lease: its records, and those of its approval.</param>
/// <param name="Since">Beginning of the period, inclusive; UTC milliseconds.</param>
/// <param name="Until">End of the period, exclusive; UTC milliseconds.</param>
public sealed record BundleSubject(string? Lease = null, long? Since = null, long? Until = null);

/// <summary>A record with the way from it to the root of the checkpoint.</summary>
/// <param name="Position">Its place in the tree, from 0.</param>
/// <param name="Chain">Number of its chain.</param>
/// <param name="Seq">Its place in the chain.</param>
/// <param name="Previous">Hash of the record before it in the chain.</param>
/// <param name="Hash">Its chain hash.</param>
/// <param name="Body">The record exactly as it was hashed, a JSON text.</param>
/// <param name="Proof">Inclusion proof (RFC 9162 section 2.1.3), base64.</param>
public sealed record ProvenRecord(long Position, long Chain, long Seq, string Previous, string Hash, string Body, IReadOnlyList<string> Proof);

/// <summary>What verification of a bundle found.</summary>
/// <param name="Records">Records in it.</param>
/// <param name="Problem">The first thing wrong, with its place; null when everything holds.</param>
/// <param name="Size">Size of its checkpoint.</param>
public sealed record BundleVerdict(int Records, string? Problem = null, long? Size = null);
