package local

import (
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/gobwas/glob"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// collect finds the files that the command left under dir and that assetPaths
// and archivePaths ask for.
func (s *CommandOutputs) collect(dir string) error {
	if s.AssetPaths != nil {
		files, err := find(dir, *s.AssetPaths)
		if err != nil {
			return err
		}
		assets := make(map[string]*types.AssetOrArchive, len(files))
		for name, file := range files {
			assets[name] = &types.AssetOrArchive{Asset: file}
		}
		s.Assets = &assets
	}
	if s.ArchivePaths != nil {
		files, err := find(dir, *s.ArchivePaths)
		if err != nil {
			return err
		}
		members := make(map[string]any, len(files))
		for name, file := range files {
			members[name] = file
		}
		archive, err := resource.NewAssetArchive(members)
		if err != nil {
			return err
		}
		s.Archive = archive
	}
	return nil
}

// rule is one glob; an excluding rule takes out what earlier ones let in.
type rule struct {
	glob.Glob
	excludes bool
}

func compile(patterns []string) ([]rule, error) {
	rules := make([]rule, 0, len(patterns))
	for _, pattern := range patterns {
		bare, excludes := strings.CutPrefix(pattern, "!")
		compiled, err := glob.Compile(bare, '/')
		if err != nil {
			return nil, err
		}
		rules = append(rules, rule{compiled, excludes})
	}
	return rules, nil
}

func selected(rules []rule, name string) bool {
	in := false
	for _, r := range rules {
		if r.Match(name) {
			in = !r.excludes
		}
	}
	return in
}

// find returns the files (no directories) under dir that the globs let in, by
// their paths relative to dir.
func find(dir string, patterns []string) (map[string]*resource.Asset, error) {
	rules, err := compile(patterns)
	if err != nil {
		return nil, err
	}
	files := map[string]*resource.Asset{}
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !selected(rules, name) {
			return err
		}
		files[name], err = resource.NewPathAsset(path.Join(dir, name))
		return err
	})
	return files, err
}
