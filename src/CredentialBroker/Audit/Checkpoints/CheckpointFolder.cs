using System.Globalization;
using System.Text;
using CredentialBroker.Storage;

namespace CredentialBroker.Audit.Checkpoints;

/// <summary>
/// Writes every checkpoint to a folder, one file each, named after its size. What is missing is told by the folder
/// itself, so that nothing is lost over a crash, and several replicas may write the same one.
/// </summary>
internal sealed class CheckpointFolder(CheckpointStore checkpoints, AuditOptions options)
{
    private const string Start = "checkpoint-";
    private const int AtOnce = 1000;

    private long? _written;

    public async Task WriteAsync(long signed, CancellationToken cancel)
    {
        if (options.CheckpointFolder is not { } folder) return;
        PrivateFiles.MakeFolder(folder);
        _written ??= Directory.EnumerateFiles(folder, $"{Start}*").Select(SizeOf).DefaultIfEmpty(0).Max();
        while (_written < signed && await checkpoints.AfterAsync(_written.Value, AtOnce, cancel) is { Count: > 0 } found)
        {
            foreach (var checkpoint in found)
            {
                PrivateFiles.Write(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Start}{checkpoint.Size:D16}")), Encoding.UTF8.GetBytes(checkpoint.Note));
                _written = checkpoint.Size;
            }
        }
    }

    /// <summary>One that is being written has a longer name, and is none.</summary>
    private static long SizeOf(string file) => long.TryParse(Path.GetFileName(file)[Start.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : 0;
}
