using Microsoft.Extensions.Configuration;

namespace CredentialBroker.Node.Configuration;

/// <summary>Finds every configured key that no option has: a misspelt safeguard must not look like a set one.</summary>
internal static class UnknownKeys
{
    public static IEnumerable<string> In(IConfiguration section, Type type, string path)
    {
        var known = type.GetProperties().Where(property => property.CanWrite).ToDictionary(property => property.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var child in section.GetChildren())
        {
            var here = path.Length == 0 ? child.Key : $"{path}:{child.Key}";
            if (!known.TryGetValue(child.Key, out var property)) yield return $"{here}: unknown; known here: {string.Join(", ", known.Keys)}";
            else if (property.PropertyType == typeof(Dictionary<string, CallerOptions>))
            {
                foreach (var mistake in child.GetChildren().SelectMany(entry => In(entry, typeof(CallerOptions), $"{here}:{entry.Key}"))) yield return mistake;
            }
            else if (property.PropertyType.Namespace == typeof(NodeOptions).Namespace)
            {
                foreach (var mistake in In(child, property.PropertyType, here)) yield return mistake;
            }
        }
    }
}
