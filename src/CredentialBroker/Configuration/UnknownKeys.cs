using System.Collections;

namespace CredentialBroker.Configuration;

/// <summary>Finds every configured key that no option has: a misspelt safeguard must not look like a set one.</summary>
internal static class UnknownKeys
{
    public static IEnumerable<string> In(IConfiguration section, Type type, string path)
    {
        foreach (var child in section.GetChildren())
        {
            var here = path.Length == 0 ? child.Key : $"{path}:{child.Key}";
            var property = type.GetProperties().FirstOrDefault(p => p.CanWrite && string.Equals(p.Name, child.Key, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                // Logging is the framework's own section; the others are credbroker's variables, which share the prefix.
                if (path.Length > 0 || child.Key is not ("Logging" or "ADDR" or "TOKEN_FILE" or "CA_FILE" or "CLIENT_CERT" or "CLIENT_KEY")) yield return $"{here}: unknown; known here: {string.Join(", ", type.GetProperties().Where(p => p.CanWrite).Select(p => p.Name))}";
                continue;
            }

            foreach (var mistake in Below(child, property.PropertyType, here)) yield return mistake;
        }
    }

    private static IEnumerable<string> Below(IConfigurationSection section, Type type, string path)
    {
        var item = type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type) ? type.GetGenericArguments()[^1] : null;
        if (item is not null && IsOptions(item))
        {
            return section.GetChildren().SelectMany(entry => In(entry, item, $"{path}:{entry.Key}"));
        }

        return IsOptions(type) ? In(section, type, path) : [];
    }

    private static bool IsOptions(Type type) => type.Namespace?.StartsWith("CredentialBroker", StringComparison.Ordinal) == true && type is { IsClass: true };
}
