using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.Certificate;

/// <summary>
/// A client or server certificate signed by the broker's own authority. Nothing exists until the answer leaves, and
/// nothing is left at a target to end: an ended lease's serials are on the revocation list until they expire.
/// </summary>
internal sealed class CertificateBackend(CertificateAuthorities authorities, IReadOnlyDictionary<string, CertificateTarget> targets, BrokerClock clock) : Backend
{
    public const string Word = "certificate";

    /// <summary>How long a verifier may go by a revocation list before it must fetch the next.</summary>
    public static readonly TimeSpan ListLife = TimeSpan.FromMinutes(5);

    /// <summary>Certificates of one lease that live at a time, so that its handle stays small.</summary>
    private const int MostLiving = 32;

    public override string Name => Word;

    /// <summary>Nobody can be made to check a list; where the operator says that they do, the grant says more.</summary>
    public override Revocability Revocability => Revocability.ExpiryOnly;

    public override Revocability RevocabilityOf(Grant grant) =>
        ((CertificateGrant)grant).ChecksRevocation ? Revocability.Condition : Revocability.ExpiryOnly;

    public override TimeSpan ExpectedLatency => ListLife;

    public override Renewal Renewal => Renewal.Reissue;

    public override bool InProcess => true;

    public override bool DiesAtExpiry => true;

    public override IReadOnlyCollection<string> Targets => [.. targets.Keys];

    public override Grant? Compile(YamlMappingNode section, Mistakes mistakes) => CertificateSection.Compile(section, targets, mistakes);

    public override string Plan(Order order) => HandleOf(order, []);

    public override ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Issue(order, []));
    }

    /// <summary>A new certificate with a new serial. Earlier ones live to their own end, and stay in the handle until then.</summary>
    public override ValueTask<Minted> RenewAsync(string handle, Order order, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var living = LivingSerials(handle, clock.NowMs()) ?? throw Failed("the lease's handle is not one this version wrote");
        return living.Count < MostLiving
            ? ValueTask.FromResult(Issue(order, living))
            : throw new BackendException(Word, ReasonCodes.LeaseBusy, $"{MostLiving} certificates of this lease live; renew when one has expired", transient: false);
    }

    /// <summary>There is nothing at a target; the revocation list is made from the leases themselves.</summary>
    public override ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel)
    {
        Handle.TargetOf(Word, handle);
        return ValueTask.FromResult(new EndReport(WasThere: false));
    }

    public override ValueTask<Probe> ProbeAsync(string handle, CancellationToken cancel) => ValueTask.FromResult(Probe.NotPossible);

    /// <summary>The lease's certificates that have not expired; null when the handle is none of this version's.</summary>
    public static IReadOnlyList<Serial>? LivingSerials(string handle, long now) => Handle.Find(handle, "serials") is { } serials ? Serials.Read(serials, now) : null;

    private static string HandleOf(Order order, IEnumerable<Serial> serials) => Handle.Write(order.Grant.Target, ("serials", Serials.Write(serials)));

    private Minted Issue(Order order, IReadOnlyList<Serial> living)
    {
        var (now, authority) = (clock.NowMs(), authorities.Signing);
        if (now > order.Deadline) throw Failed("the deadline of the operation has passed");
        // Whole seconds, rounded down: the certificate must not outlive the lease by a fraction of one.
        var notAfter = order.EndsAt / 1000 * 1000;
        if (notAfter <= now) throw Failed("the lease ends before the certificate would begin");
        if (DateTimeOffset.FromUnixTimeMilliseconds(notAfter) > authority.NotAfter) throw Failed("the authority's own certificate ends first");

        var grant = (CertificateGrant)order.Grant;
        var serial = Serials.New();
        using var own = order.Facts.ContainsKey(HeldFacts.SigningRequest) ? null : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var key = own is null
            ? PublicKey.CreateFromSubjectPublicKeyInfo(Convert.FromBase64String(order.Facts[HeldFacts.SigningRequest]), out _)
            : new PublicKey(own);
        using var certificate = WorkloadCertificate.Sign(
            authority, grant, order.LeaseId, key, serial, DateTimeOffset.FromUnixTimeMilliseconds(now), DateTimeOffset.FromUnixTimeMilliseconds(notAfter));

        List<(string, string)> members = [("certificate", certificate.ExportCertificatePem()), ("chain", authority.Pem), ("spiffeId", grant.SpiffeId), ("crl", authority.ListUrl)];
        if (own is not null) members.Add(("privateKey", own.ExportPkcs8PrivateKeyPem()));
        return new Minted(new Secret([.. members]), notAfter, HandleOf(order, [.. living, new Serial(Convert.ToHexStringLower(serial), notAfter, authority.Name)]));
    }

    private static BackendException Failed(string detail) => new(Word, ReasonCodes.MintFailed, detail, transient: false);
}
