using CredentialBroker.Audit.Checkpoints;

namespace CredentialBroker.Audit.Exports;

/// <summary>A stretch of the tree on its way out.</summary>
/// <param name="From">Position of its first record.</param>
/// <param name="To">Position after its last.</param>
/// <param name="Events">One to a position; more where checkpoints stand between the records.</param>
internal sealed record Delivery(long From, long To, IReadOnlyList<ExportedEvent> Events);

/// <summary>One event in the form of its export: JSON without line feeds, UTF-8.</summary>
/// <param name="Position">Of the record; of the record that follows, where it is a checkpoint.</param>
/// <param name="IsRecord">False of a checkpoint, which has no position of its own.</param>
internal sealed record ExportedEvent(long Position, bool IsRecord, ReadOnlyMemory<byte> Json)
{
    /// <summary>The record's, where the form of the export does not carry it.</summary>
    public string? Id { get; init; }
}

/// <summary>Where an export goes.</summary>
internal interface IAuditSink
{
    /// <summary>Returns once the other side has it for good; whatever it throws means: again, later.</summary>
    Task DeliverAsync(Delivery delivery, CancellationToken cancel);
}

/// <summary>An export as configured: its name, its form and where it goes.</summary>
internal sealed record AuditExport(string Name, IExportFormat Format, IAuditSink Sink);

/// <summary>Exports that another room adds.</summary>
internal delegate IEnumerable<AuditExport> MoreExports();

/// <summary>All exports of this broker.</summary>
internal static class AuditSinks
{
    /// <summary>Name of the export into <c>Audit:ExportFolder</c>.</summary>
    public const string Folder = "folder";

    /// <summary>Name of the export of checkpoints.</summary>
    public const string Checkpoints = "checkpoints";

    public static IEnumerable<AuditExport> Of(AuditOptions options, CheckpointStore checkpoints, string publicUrl, TimeProvider clock)
    {
        if (options.ExportFolder is { } folder) yield return new AuditExport(Folder, new NativeFormat(checkpoints), new FolderSink(folder, clock));
        foreach (var (name, export) in options.Exports)
        {
            IExportFormat format = export.Format switch
            {
                "ocsf" => new OcsfFormat(),
                "cloudevents" => new CloudEventsFormat(publicUrl),
                _ => new NativeFormat(checkpoints),
            };
            IAuditSink sink = export.Address() is { } address ? new HttpSink(address, export.TokenFile, format.ContentType, format.IsArray) : new FolderSink(export.To, clock);
            yield return new AuditExport(name, format, sink);
        }
    }
}
