using CredentialBroker.Audit.Bundles;
using CredentialBroker.Audit.Checkpoints;
using CredentialBroker.Audit.Exports;
using CredentialBroker.Audit.Tree;
using CredentialBroker.Hosting;

namespace CredentialBroker.Audit;

internal static class AuditServices
{
    /// <param name="keys">What signs evidence; the room of keys brings it.</param>
    public static IServiceCollection AddAudit(this IServiceCollection services, AuditOptions options, string publicUrl, Func<IServiceProvider, EvidenceKeys> keys) => services
        .AddSingleton(options)
        .AddSingleton<AuditChain>()
        .AddSingleton<AuditStore>()
        .AddSingleton<DoorRecord>(AtTheDoor)
        .AddSingleton<TreeStore>()
        .AddSingleton<TreeTiles>()
        .AddSingleton<EvidenceReader>()
        .AddSingleton<Sealer>()
        .AddSingleton<SealLog>()
        .AddSingleton(provider => new CheckpointSigner(keys(provider), options.OriginUnder(publicUrl)))
        .AddSingleton<CheckpointStore>()
        .AddSingleton<CheckpointMaker>()
        .AddSingleton<CheckpointFolder>()
        .AddSingleton<ExportCursors>()
        .AddSingleton<ExportLog>()
        .AddSingleton<IReadOnlyList<AuditExport>>(provider => [.. AuditSinks.Of(options, provider.GetRequiredService<CheckpointStore>(), publicUrl, provider.GetRequiredService<TimeProvider>()), .. provider.GetServices<MoreExports>().SelectMany(more => more())])
        .AddSingleton<AuditExports>()
        .AddSingleton<AuditMetrics>()
        .AddSingleton<ExportStream>()
        .AddSingleton<BundleMaker>()
        .AddSingleton<AuditRetention>();

    private static DoorRecord AtTheDoor(IServiceProvider provider) => (type, actor, detail, count) =>
        (AuditEvent.Of(provider.GetRequiredService<TimeProvider>(), type, Streams.Control) with { Actor = actor, Detail = detail, Count = count }).On(provider.GetRequiredService<AuditChain>());
}
