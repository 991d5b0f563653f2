using System.Collections.Concurrent;
using System.Text.Json;

namespace CredentialBroker.Node.Approving;

/// <summary>What is bound, in memory and in a file each: a restart of the node forgets no approval and no end.</summary>
internal sealed class Containers
{
    private readonly ConcurrentDictionary<string, Bound> _all = new(StringComparer.Ordinal);
    private readonly string _folder;

    public Containers(string folder)
    {
        _folder = Path.Combine(folder, "containers");
        PrivateFiles.MakeFolder(folder);
        PrivateFiles.MakeFolder(_folder);
        foreach (var file in Directory.EnumerateFiles(_folder, "*.json"))
        {
            if (JsonSerializer.Deserialize(File.ReadAllBytes(file), BoundJson.Default.Bound) is { } bound) _all[bound.Id] = bound;
        }
    }

    public IReadOnlyCollection<Bound> All => [.. _all.Values];

    public Bound? Find(string id) => _all.GetValueOrDefault(id);

    /// <summary>Durable when it returns.</summary>
    public void Keep(Bound bound)
    {
        PrivateFiles.Write(FileOf(bound.Id), JsonSerializer.Serialize(bound, BoundJson.Default.Bound));
        _all[bound.Id] = bound;
    }

    public void Forget(string id)
    {
        _all.TryRemove(id, out _);
        File.Delete(FileOf(id));
    }

    private string FileOf(string id) => IsId(id) ? Path.Combine(_folder, $"{id}.json") : throw new ArgumentException("no container's id", nameof(id));

    public static bool IsId(string text) => text.Length == 64 && text.All(c => char.IsAsciiDigit(c) || c is >= 'a' and <= 'f');
}
