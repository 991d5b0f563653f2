using System.Text;
using CredentialBroker.Audit.Exports;
using CredentialBroker.Audit.Tree;
using CredentialBroker.Storage;

namespace CredentialBroker.Signals;

/// <summary>Records as signals, in the order in which they were sealed: those of one lease in the order in which they happened.</summary>
/// <param name="write">A signal in the receiver's form, at a time.</param>
internal sealed class SignalFormat(string contentType, Func<Signal, long, string> write, TimeProvider clock) : IExportFormat
{
    public string ContentType => contentType;

    public bool IsArray => false;

    public Task<IReadOnlyList<ExportedEvent>> WriteAsync(IReadOnlyList<SealedRecord> records, CancellationToken cancel)
    {
        var now = clock.NowMs();
        return Task.FromResult<IReadOnlyList<ExportedEvent>>(
        [
            .. records.Select(Signal.Of).OfType<Signal>().Select(signal => new ExportedEvent(signal.Position, IsRecord: true, Encoding.UTF8.GetBytes(write(signal, now))) { Id = signal.Id }),
        ]);
    }
}
