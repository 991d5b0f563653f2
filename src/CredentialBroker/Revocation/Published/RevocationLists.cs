using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CredentialBroker.Backends.Certificate;
using CredentialBroker.Issuer;
using CredentialBroker.Leases;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Revocation;

/// <summary>One signed certificate revocation list.</summary>
/// <param name="Content">Hash of what it lists.</param>
internal sealed record SignedList(byte[] Der, string Content, DateTimeOffset ThisUpdate, DateTimeOffset NextUpdate);

/// <summary>
/// The certificate revocation lists (RFC 5280 section 5), one of each authority: the serials of its certificates whose
/// leases ended before they expire. A list's number is taken before the leases are read, so that it has every end that
/// was committed before any list of a lower number.
/// </summary>
internal sealed class RevocationLists
{
    private readonly LeaseStore _leases;
    private readonly Journal _journal;
    private readonly TimeProvider _clock;

    /// <summary>The list of an authority goes with it.</summary>
    private readonly ConditionalWeakTable<CertificateAuthority, Published<SignedList>> _published = [];

    public RevocationLists(LeaseStore leases, Journal journal, DueSignal due, TimeProvider clock)
    {
        (_leases, _journal, _clock) = (leases, journal, clock);
        due.Listen(() =>
        {
            foreach (var (_, list) in _published) list.Changed();
        });
    }

    public ValueTask<SignedList> ReadAsync(CertificateAuthority authority, CancellationToken cancel) =>
        _published.GetValue(authority, one => new Published<SignedList>((before, stop) => MakeAsync(one, before, stop), _clock)).ReadAsync(cancel);

    private async Task<SignedList> MakeAsync(CertificateAuthority authority, SignedList? before, CancellationToken cancel)
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(_clock.NowMs());
        // The same list serves for half of its life.
        if (before is not null && now < before.ThisUpdate + (CertificateBackend.ListLife / 2) && ContentOf(await EndedAsync(authority, now, cancel)) == before.Content) return before;

        var number = await NextNumberAsync();
        var ended = await EndedAsync(authority, now, cancel);
        var list = new CertificateRevocationListBuilder();
        foreach (var (serial, at) in ended)
            list.AddEntry(Convert.FromHexString(serial.Number), DateTimeOffset.FromUnixTimeMilliseconds(at), X509RevocationReason.PrivilegeWithdrawn);
        var nextUpdate = now + CertificateBackend.ListLife;
        return new SignedList(authority.Sign(list, number, now, nextUpdate), ContentOf(ended), now, nextUpdate);
    }

    private async Task<IReadOnlyList<(Serial Serial, long At)>> EndedAsync(CertificateAuthority authority, DateTimeOffset now, CancellationToken cancel)
    {
        var at = now.ToUnixTimeMilliseconds();
        var ended = await _leases.EndedEarlyAsync(CertificateBackend.Word, at, cancel);
        // Where it is not known who signed, the serial is on every list: on the wrong one it harms nobody.
        return [.. ended.SelectMany(lease => (CertificateBackend.LivingSerials(lease.Handle, at) ?? []).Select(serial => (serial, lease.EndsAt)))
            .Where(entry => entry.serial.Authority is not { } name || name == authority.Name)
            .OrderBy(entry => entry.serial.Number, StringComparer.Ordinal)];
    }

    private async Task<long> NextNumberAsync()
    {
        long number = 0;
        // Read by the statement that counts; the last try of the commit is the one that stands.
        await _journal.CommitAsync(Lane.Control, new PlainWrite(new Statement("UPDATE list_numbers SET number = number + 1 WHERE list = 'crl' RETURNING number")
        {
            Row = row => number = row.GetInt64(0),
        }) { LockNames = ["crl"] });
        return number;
    }

    private static string ContentOf(IEnumerable<(Serial Serial, long At)> ended) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Join(' ', ended.Select(entry => entry.Serial.Number)))));
}
