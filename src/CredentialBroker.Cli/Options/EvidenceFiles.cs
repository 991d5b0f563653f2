using CredentialBroker.Protocol.Evidence;

namespace CredentialBroker.Cli;

/// <summary>Keys, checkpoints and exports that are read from files.</summary>
internal static class EvidenceFiles
{
    public static async Task<IReadOnlyList<VerificationKey>> KeysAsync(IEnumerable<string> files, Shell shell, CancellationToken cancel)
    {
        var keys = new List<VerificationKey>();
        foreach (var file in files) keys.AddRange(await ReadAsync(file, VerificationKey.ParseAll, shell, cancel));
        return keys;
    }

    public static async Task<IReadOnlyList<Checkpoint>> CheckpointsAsync(IEnumerable<string> files, Shell shell, CancellationToken cancel)
    {
        var checkpoints = new List<Checkpoint>();
        foreach (var file in files) checkpoints.Add(await ReadAsync(file, Checkpoint.Parse, shell, cancel));
        return checkpoints;
    }

    /// <summary>The files of an export in their order; a folder stands for its files, the one that still grows last.</summary>
    public static Stream Open(IReadOnlyList<string> names, Shell shell)
    {
        var files = names.SelectMany(name => Directory.Exists(name) ? InFolder(name) : [name]).ToList();
        return files.Count == 1 && files[0] != "-" ? File.OpenRead(files[0]) : new JoinedFiles([.. files.Select(file => (Func<Stream>)(() => file == "-" ? shell.In() : File.OpenRead(file)))]);
    }

    private static string[] InFolder(string folder)
    {
        var files = Directory.EnumerateFiles(folder, "audit-*.ndjson*").Where(f => f.EndsWith(".ndjson", StringComparison.Ordinal) || f.EndsWith(".ndjson.partial", StringComparison.Ordinal));
        return [.. files.Order(StringComparer.Ordinal)];
    }

    private static async Task<T> ReadAsync<T>(string file, Func<string, T> parse, Shell shell, CancellationToken cancel)
    {
        try
        {
            return parse(await Input.ReadAsync(file, shell, cancel));
        }
        catch (InvalidDataException fault)
        {
            throw CommandException.Fault($"{Input.NameOf(file)}: {fault.Message}", fault);
        }
    }
}
