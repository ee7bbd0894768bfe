package server

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"shoestring/local/simulated-provider/internal/policy"
	"shoestring/local/simulated-provider/internal/value"
)

// epoch is the time in what data sources tell: the same in every run.
func epoch() time.Time { return time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC) }

// ReadDataSource makes up what a data source would find; the same configuration finds the same.
func (s *Server) ReadDataSource(_ context.Context, q *tfprotov5.ReadDataSourceRequest) (*tfprotov5.ReadDataSourceResponse, error) {
	block, err := s.schema.DataSource(q.TypeName)
	if err != nil {
		return nil, err
	}
	config, err := q.Config.Unmarshal(block.Type)
	if err != nil {
		return nil, err
	}
	plain, _ := value.Plain(config).(map[string]any)
	found := markComputed(block, config, value.Null(block.Type), true)
	if q.TypeName == "aws_iam_policy_document" {
		document, err := policy.Render(plain)
		if err != nil {
			return &tfprotov5.ReadDataSourceResponse{Diagnostics: []*tfprotov5.Diagnostic{
				failure(fmt.Sprintf("the policy document cannot be made: %v", err), "the state", "mend its statements or documents"),
			}}, nil
		}
		fields := value.Fields(found)
		fields["json"], fields["minified_json"] = value.String(document.JSON), value.String(document.Minified)
		found = tftypes.NewValue(found.Type(), fields)
	}
	seed, err := json.Marshal([]any{q.TypeName, s.region, s.account, plain})
	if err != nil {
		return nil, err
	}
	random := rand.NewChaCha8(sha256.Sum256(seed))
	state, err := s.maker(q.TypeName, block, s.facts.DataSource(q.TypeName), random, epoch).Fill(found)
	if err != nil {
		return nil, err
	}
	encoded, err := dynamic(block, state)
	return &tfprotov5.ReadDataSourceResponse{State: encoded}, err
}
